/** Who calls the API server. */
export interface Account {
  id: string;
  name: string;
  role: string;
}
