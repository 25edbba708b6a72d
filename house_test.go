package souk

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rules of the house, as tests. docs/design.md says why each is there.

const module = "github.com/soukhq/souk"

// source is one Go file of the module.
type source struct {
	path string // with slashes, from the module's root
	pkg  string // its folder
	test bool
	file *ast.File
	fset *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "e2e") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		path = filepath.ToSlash(path)
		dir := path[:max(strings.LastIndex(path, "/"), 0)]
		list = append(list, source{path, dir, strings.HasSuffix(path, "_test.go"), f, fset})
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(list), 30)
	return list
}

func (s source) at(n ast.Node) string {
	p := s.fset.Position(n.Pos())
	return s.path + ":" + strconv.Itoa(p.Line)
}

// imports lists the packages of the module that a file imports, as folders.
func (s source) imports() []string {
	var list []string
	for _, i := range s.file.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		if in, ok := strings.CutPrefix(path, module); ok {
			list = append(list, strings.TrimPrefix(in, "/"))
		}
	}
	return list
}

// within reports whether a folder is one of those given, or below one.
func within(dir string, tops ...string) bool {
	return slices.ContainsFunc(tops, func(top string) bool { return dir == top || strings.HasPrefix(dir, top+"/") })
}

// money lists the packages in which money is counted.
func money(dir string) bool {
	return within(dir, "ledger", "fx", "payout", "compliance", "connect")
}

// stores lists the packages that need a database's driver. A host that does not
// ask for them does not link it.
func stores(dir string) bool { return within(dir, "ledger/sqlite", "ledger/postgres") }

// suite lists the packages that are tests for adapters to run.
func suite(dir string) bool {
	return within(dir, "ledger/storetest", "payout/railtest", "connect/acquirertest", "connect/bitcoin/bitcointest")
}

// TestImportDirections: ledger imports nothing of ours but its own leaves; fx,
// payout and compliance know neither each other nor connect; connect knows
// nothing of what is attached to it; stores are imported by hosts alone, and they
// alone by what they have in common; nobody imports examples.
func TestImportDirections(t *testing.T) {
	allowed := map[string][]string{
		"ledger":     {"ledger"},
		"fx":         {"fx", "ledger"},
		"payout":     {"payout", "ledger", "internal/strict"},
		"compliance": {"compliance", "ledger", "internal/email"},
		"connect":    {"connect", "fx", "payout", "compliance", "ledger", "internal/email", "internal/strict"},
	}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, in := range s.imports() {
			require.False(t, within(in, "examples"), "%s imports an example", s.path)
			require.True(t, !stores(in) || stores(s.pkg) || within(s.pkg, "examples", "internal/bench"), "%s imports the store %s", s.path, in)
			require.True(t, !within(in, "internal/sqlstore") || stores(s.pkg), "%s imports %s", s.path, in)
			if stores(s.pkg) {
				require.True(t, in == "ledger" || in == "internal/sqlstore", "%s imports %s", s.path, in)
				continue
			}
			for top, may := range allowed {
				if within(s.pkg, top) {
					require.True(t, within(in, may...), "%s imports %s", s.path, in)
				}
			}
			if s.pkg == "connect" {
				require.False(t, within(in, "connect/connecttest", "connect/acquirertest", "connect/acquirer", "connect/oauth", "connect/vault", "connect/webhook", "connect/recurring", "connect/hosted"),
					"%s imports %s, which stands on it", s.path, in)
			}
		}
	}
}

// TestNoHiddenInput: clock and randomness are read where they default, and
// nowhere else; there is no init, and no floating point near money.
func TestNoHiddenInput(t *testing.T) {
	const defaults = "ledger/env.go"
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, i := range s.file.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			require.False(t, strings.HasPrefix(path, "math/rand"), "%s imports %s", s.path, path)
			if path == "crypto/rand" && s.path != sealedKeys {
				require.Equal(t, defaults, s.path, "%s reads randomness", s.path)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && (n.Sel.Name == "Now" || n.Sel.Name == "Since" || n.Sel.Name == "Until") {
					require.Equal(t, defaults, s.path, "%s reads the clock", s.at(n))
				}
			case *ast.GoStmt:
				// Drain works on several objects at once if it is asked to, and
				// waits for them, and so does Deliver of webhooks, whose receivers are slow.
				// Nothing else starts what a host did not.
				if money(s.pkg) && !suite(s.pkg) {
					require.Contains(t, []string{"ledger/drain.go", "connect/webhook/deliver.go"}, s.path, "%s starts a goroutine", s.at(n))
				}
			case *ast.FuncDecl:
				require.False(t, n.Name.Name == "init" && n.Recv == nil, "%s is an init", s.at(n))
			case *ast.Ident:
				if money(s.pkg) {
					require.False(t, n.Name == "float64" || n.Name == "float32", "%s is floating point", s.at(n))
				}
			case *ast.BasicLit:
				if money(s.pkg) {
					require.NotEqual(t, token.FLOAT, n.Kind, "%s is floating point", s.at(n))
				}
			}
			return true
		})
	}
}

// TestPackageVariablesStay: a variable of a package is never assigned after its
// declaration, nor a field or element of it.
func TestPackageVariablesStay(t *testing.T) {
	packages := make(map[string][]source)
	for _, s := range sources(t) {
		if !s.test {
			packages[s.pkg] = append(packages[s.pkg], s)
		}
	}
	for _, list := range packages {
		ours := packageVars(list)
		for _, s := range list {
			ast.Inspect(s.file, func(n ast.Node) bool {
				var targets []ast.Expr
				switch n := n.(type) {
				case *ast.AssignStmt:
					targets = n.Lhs
				case *ast.IncDecStmt:
					targets = []ast.Expr{n.X}
				}
				for _, target := range targets {
					id := root(target)
					require.False(t, id != nil && ours(id), "%s assigns to a package's variable", s.at(n))
				}
				return true
			})
		}
	}
}

// packageVars tells which identifiers of a package use a variable of it, rather
// than one of a function. What is imported stays unknown, and does not matter.
func packageVars(list []source) func(*ast.Ident) bool {
	var files []*ast.File
	for _, s := range list {
		files = append(files, s.file)
	}
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object)}
	check := types.Config{Importer: nothing{}, Error: func(error) {}}
	pkg, _ := check.Check(list[0].pkg, list[0].fset, files, info)
	return func(id *ast.Ident) bool {
		v, ok := info.Uses[id].(*types.Var)
		return ok && v.Parent() == pkg.Scope()
	}
}

// nothing imports nothing.
type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) { return nil, errors.New(path) }

// root returns the variable behind x, x.f, x[i], *x.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// TestFunctionsFitAScreen: at most 70 lines.
func TestFunctionsFitAScreen(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil && !s.test {
				lines := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1
				require.LessOrEqual(t, lines, 70, "%s: %s", s.at(f), f.Name.Name)
			}
		}
	}
}

// TestExportedNamesAreDocumented: types, functions, methods of exported types,
// and each constant and variable that stands alone.
func TestExportedNamesAreDocumented(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.file.Name.Name == "main" {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) {
					require.NotNil(t, d.Doc, "%s: %s", s.at(d), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					requireDoc(t, s, d, spec)
				}
			}
		}
	}
}

func requireDoc(t *testing.T, s source, d *ast.GenDecl, spec ast.Spec) {
	t.Helper()
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() {
			require.True(t, d.Doc != nil || spec.Doc != nil, "%s: %s", s.at(spec), spec.Name.Name)
		}
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			if name.IsExported() {
				require.True(t, d.Doc != nil || spec.Doc != nil || spec.Comment != nil, "%s: %s", s.at(spec), name.Name)
			}
		}
	}
}

func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	e := f.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}

// TestEveryPackageIsDocumented: each has one package comment.
func TestEveryPackageIsDocumented(t *testing.T) {
	docs := make(map[string]int)
	for _, s := range sources(t) {
		if !s.test {
			docs[s.pkg] += 0
			if s.file.Doc != nil {
				docs[s.pkg]++
			}
		}
	}
	for pkg, n := range docs {
		require.Equal(t, 1, n, "package comments of %q", pkg)
	}
}

// TestRequirements pins the direct requirements: a new one needs its reason in
// docs/design.md, and a newer one drags every host forward.
func TestRequirements(t *testing.T) {
	text, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	var direct []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if f := strings.Fields(line); len(f) >= 2 && strings.Contains(f[0], ".") && !strings.HasSuffix(line, "// indirect") {
			direct = append(direct, f[0]+" "+f[1])
		}
	}
	require.Equal(t, []string{
		"github.com/jackc/pgx/v5 v5.9.2", // ledger/postgres alone
		"github.com/shopspring/decimal v1.5.0",
		"github.com/stretchr/testify v1.11.1", // tests
		"golang.org/x/text v0.31.0",
		"modernc.org/sqlite v1.50.0", // ledger/sqlite alone
		"pgregory.net/rapid v1.2.0",  // tests
	}, direct)
	require.Contains(t, string(text), "\ngo 1.25.0\n")
	// The driver works with the libc of its own go.mod and with no other: a newer
	// one has crashed programs.
	require.Contains(t, string(text), "\tmodernc.org/libc v1.72.0 // indirect\n")
}

// TestDriversStayInStores: a package that is no store imports no driver, nor does
// the SQL that stores have in common. The program that measures one is a host.
func TestDriversStayInStores(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || stores(s.pkg) || within(s.pkg, "internal/pgtest", "internal/bench", "examples") {
			continue
		}
		for _, i := range s.file.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			require.False(t, strings.HasPrefix(path, "modernc.org/"), "%s imports %s", s.path, path)
			require.True(t, !strings.HasPrefix(path, "github.com/jackc/") || s.pkg == "internal/bench", "%s imports %s", s.path, path)
		}
	}
}

// TestNoSQL: SQL stands in the stores, in what they have in common, and in
// examples.
func TestNoSQL(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || stores(s.pkg) || within(s.pkg, "internal/sqlstore", "internal/pgtest", "internal/bench", "examples") {
			continue
		}
		for _, i := range s.file.Imports {
			require.NotEqual(t, `"database/sql"`, i.Path.Value, s.path)
			require.NotContains(t, i.Path.Value, "github.com/jackc/pgx", s.path)
		}
	}
}

// TestFilesSpeakOfSoukAlone: no path of a machine, no host of a registry.
func TestFilesSpeakOfSoukAlone(t *testing.T) {
	banned := []string{"/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/"}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && d.Name() == ".git":
			return filepath.SkipDir
		case d.IsDir() || d.Name() == ".git": // a file, in a second working tree
			return nil
		}
		if strings.HasSuffix(path, ".csv") || strings.HasSuffix(path, ".xml") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, b := range banned {
			require.NotContains(t, string(text), b, path)
		}
		return err
	})
	require.NoError(t, err)
}
