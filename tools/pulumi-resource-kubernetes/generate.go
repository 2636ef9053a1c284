//go:build ignore

// Writes the two files that main.go embeds: the module's schema with the version set, and its Terraform mapping.
package main

import (
	"encoding/json"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const module = "github.com/pulumi/pulumi-kubernetes/provider/v4"

func main() {
	version := os.Getenv("VERSION")
	if version == "" {
		log.Fatal("VERSION is not set")
	}
	list, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		log.Fatalf("go list -m %s: %v", module, err)
	}
	sources := filepath.Join(strings.TrimSpace(string(list)), "cmd", "pulumi-resource-kubernetes")
	rewrite(filepath.Join(sources, "schema.json"), "schema-embed.json", func(schema map[string]any) { schema["version"] = version })
	rewrite(filepath.Join(sources, "terraform-mapping.json"), "terraform-mapping-embed.json", func(map[string]any) {})
}

func rewrite(from, to string, change func(map[string]any)) {
	text, err := os.ReadFile(from)
	if err != nil {
		log.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		log.Fatalf("%s: %v", from, err)
	}
	change(document)
	compact, err := json.Marshal(document)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(to, compact, 0o644); err != nil {
		log.Fatal(err)
	}
}
