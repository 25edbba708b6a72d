// Package webhook lets libraries of others judge what connect/webhook signs.
package webhook
