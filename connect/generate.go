package connect

//go:generate go run ../internal/gen/chart
