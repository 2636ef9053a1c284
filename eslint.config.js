import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules", "**/*.mjs", "**/*.cjs", "eslint.config.js"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ["components/**", "provider/**", "automation/**", "index.ts"],
    ignores: ["components/rest/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          name: "p-retry",
          message: "Send it again by `patiently`, which honours Retry-After (components/rest/patience.ts).",
        },
      ],
      "no-restricted-syntax": [
        "error",
        ...["WhileStatement", "DoWhileStatement", "ForStatement"].map((loop) => ({
          selector: `${loop} :matches(CallExpression[callee.name=/^(pause|pauseFor|sleep|setTimeout)$/])`,
          message:
            "Wait by `until`, which has a deadline, says what it waits for and ends with the run (components/rest/until.ts).",
        })),
      ],
    },
  },
  {
    files: ["test/unit/**"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "Program:not(:has(> ImportDeclaration[source.value='./fresh-modules.ts']:first-child)) MemberExpression[object.name='vi'][property.name='mock']",
          message:
            "Files share their modules: import ./fresh-modules.ts first, so that what is put in place of one is met here and nowhere else.",
        },
      ],
    },
  },
);
