package ledger

//go:generate go run ../internal/gen/currency
