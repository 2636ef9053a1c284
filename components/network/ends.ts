/** Who is at the other end, in the form of a NetworkPolicy. (kubernetes.io: NetworkPolicyPeer) */
export interface Peer {
  podSelector?: Selector;
  namespaceSelector?: Selector;
  ipBlock?: { cidr: string; except?: readonly string[] };
}

export interface Selector {
  matchLabels?: Readonly<Record<string, string>>;
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

/** A port as pods have it. */
export interface Port {
  protocol: "TCP" | "UDP";
  /** Its number, or its name in the pod. */
  port: number | string;
}

/** Where a way leads. */
export interface End {
  /** `any`: to whomever. */
  peers: readonly Peer[] | "any";
  /** `any`: by whatever port. */
  ports: readonly Port[] | "any";
}

/** The namespace's own name, as a label that nobody can take away. (kubernetes.io: automatic labelling of namespaces) */
export const inNamespace = (name: string): Selector => ({ matchLabels: { "kubernetes.io/metadata.name": name } });

/** Pods of a namespace by their labels. */
export const podsOf = (namespace: string, labels: Readonly<Record<string, string>>): Peer => ({
  namespaceSelector: inNamespace(namespace),
  podSelector: { matchLabels: labels },
});

/** All pods of a namespace. */
export const podsIn = (namespace: string): Peer => ({ namespaceSelector: inNamespace(namespace) });

/** One address. */
export const oneAddress = (address: string): Peer => ({
  ipBlock: { cidr: `${address}/${address.includes(":") ? 128 : 32}` },
});

export const tcp = (port: number | string): Port => ({ protocol: "TCP", port });
