// Package oauth walks connect/oauth with golang.org/x/oauth2, over HTTP.
package oauth
