package oauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/oauth"
)

// shopUsers are a host's own sessions.
type shopUsers struct{}

func (shopUsers) SignedIn(*http.Request) (oauth.User, bool) { return oauth.User{}, false }

func (shopUsers) SignIn(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// A host mounts the provider under its issuer.
func ExampleNew() {
	m, err := connecttest.New(connecttest.Config{})
	if err != nil {
		panic(err)
	}
	p, err := oauth.New(oauth.Config{Engine: m.Engine, Users: shopUsers{}, Issuer: "https://souk.example"})
	if err != nil {
		panic(err)
	}
	rec := httptest.NewRecorder()
	p.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, oauth.PathMetadata, nil))
	fmt.Println(rec.Code, rec.Header().Get("Content-Type"))
	// Output: 200 application/json
}
