module github.com/soukhq/souk

go 1.25.0

require (
	github.com/jackc/pgx/v5 v5.9.2
	github.com/shopspring/decimal v1.5.0
	github.com/stretchr/testify v1.11.1
	golang.org/x/text v0.31.0
	pgregory.net/rapid v1.2.0
)

require (
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/kr/text v0.2.0 // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	github.com/rogpeppe/go-internal v1.6.1 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
