// Command currency writes package ledger's table of currencies,
// ledger/currency_gen.go, from the sources that stand beside it (SOURCES.md).
// Run it with go generate ./ledger.
//
// With -core and -names it renews its own reduced extract of CLDR instead, from
// the unpacked npm packages cldr-core and cldr-numbers-full of one version:
//
//	go run . -core core/package -names numbers/package -o cldr-currency.json
package main

import (
	"embed"
	"flag"
	"log"
	"os"
	"path/filepath"
)

//go:embed iso-4217-list-one.xml cldr-currency.json patch.json
var sources embed.FS

func main() {
	log.SetFlags(0)
	out := flag.String("o", "currency_gen.go", "file to write")
	core := flag.String("core", "", "folder of the unpacked npm package cldr-core; renews the extract")
	names := flag.String("names", "", "folder of the unpacked npm package cldr-numbers-full, for English names")
	flag.Parse()

	data, err := run(*core, *names)
	if err == nil {
		err = os.WriteFile(*out, data, 0o644)
	}
	if err != nil {
		log.Fatal("currency: ", err)
	}
}

func run(core, names string) ([]byte, error) {
	if core == "" {
		return generate(sources)
	}
	currencyData, err := os.ReadFile(filepath.Join(core, "supplemental", "currencyData.json"))
	if err != nil {
		return nil, err
	}
	english, err := os.ReadFile(filepath.Join(names, "main", "en", "currencies.json"))
	if err != nil {
		return nil, err
	}
	return reduce(currencyData, english)
}
