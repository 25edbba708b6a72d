module github.com/soukhq/souk/e2e

go 1.25.0

require (
	github.com/soukhq/souk v0.0.0
	github.com/stretchr/testify v1.11.1
	golang.org/x/oauth2 v0.33.0
)

require (
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	github.com/shopspring/decimal v1.5.0 // indirect
	golang.org/x/text v0.31.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)

replace github.com/soukhq/souk => ../
