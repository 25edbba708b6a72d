// Package bank knows the account numbers of the world: how they are written and
// what their check digits say. It is pure, and asks nobody whether an account
// exists.
package bank
