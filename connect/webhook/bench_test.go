package webhook_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/soukhq/souk/connect/webhook"
)

// BenchmarkDeliver is one event delivered: read from the feed, recorded, claimed, signed, sent
// to a receiver in the same process over loopback, and settled.
func BenchmarkDeliver(b *testing.B) {
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer sink.Close()
	s := newStage(b, webhook.Config{Loopback: true, PerHost: 16, PerTenant: 16}, nil)
	s.endpoint(only("charge.succeeded"), func(r *webhook.EndpointRequest) { r.URL = sink.URL })
	for range b.N {
		s.charge()
	}
	b.ResetTimer()
	if sent := s.run(); sent.Delivered != b.N {
		b.Fatal(sent)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}
