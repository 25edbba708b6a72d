package webhook

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
)

// BenchmarkDeliver makes deliveries of events and sends them to a server in the same
// process, over plain HTTP: an operation is one of them, in the memory store.
func BenchmarkDeliver(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	ctx := context.Background()
	engine, err := connect.New(connect.Config{})
	require.NoError(b, err)
	hooks, err := New(Config{Engine: engine, Development: true, Resolver: net.DefaultResolver})
	require.NoError(b, err)
	defer hooks.Close()
	require.NoError(b, engine.Attach(hooks.Part()))
	p, err := engine.Register(ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
	require.NoError(b, err)
	e, err := hooks.CreateEndpoint(ctx, p, EndpointRequest{Key: "e", URL: server.URL, Types: []string{"customer.*"}})
	require.NoError(b, err)
	for i := range b.N {
		_, err := p.CreateCustomer(ctx, connect.CustomerRequest{Key: fmt.Sprint(i)})
		require.NoError(b, err)
	}
	b.ResetTimer()
	done, err := engine.Drain(ctx)
	require.NoError(b, err)
	require.NoError(b, done.Err)
	b.StopTimer()
	list, err := hooks.Deliveries(ctx, p, DeliveriesRequest{EndpointID: e.ID, Limit: 1})
	require.NoError(b, err)
	require.Equal(b, Succeeded, list[0].Status)
}
