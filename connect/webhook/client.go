package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

var errForbidden = errors.New("webhook: its address is not public")

// maxResponse is how much of an answer is read, and then thrown away.
const maxResponse = 64 << 10

// newClient is an HTTP client for addresses that strangers have stated: it looks at the
// address that is really called, follows no redirect, has no proxy, no cookies, no
// compression, and an end.
func (c *Config) newClient() *http.Client {
	dial := c.dial
	if dial == nil {
		dialer := &net.Dialer{Timeout: c.Timeout, Control: c.control}
		dial = dialer.DialContext
	}
	return &http.Client{
		Timeout:       c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  nil,
			DisableCompression:     true,
			MaxConnsPerHost:        c.PerEndpoint,
			MaxIdleConnsPerHost:    1,
			MaxIdleConns:           128,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			TLSClientConfig:        &tls.Config{RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12},
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				host, port, err := net.SplitHostPort(address)
				if err != nil {
					return nil, err
				}
				list, err := c.resolve(ctx, host)
				if err != nil {
					return nil, err
				}
				for _, a := range list {
					var conn net.Conn
					if conn, err = dial(ctx, network, netip.AddrPortFrom(a.Unmap(), portOf(port)).String()); err == nil {
						return conn, nil
					}
				}
				return nil, err
			},
		},
	}
}

func portOf(text string) uint16 {
	n, _ := strconv.ParseUint(text, 10, 16)
	return uint16(n)
}

// control looks at the address once more, as the system is about to call it.
func (c *Config) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !c.Development && !c.public(to.Addr()) {
		return errForbidden
	}
	return nil
}

// post sends a body, and says what became of it in a word of our own: what the endpoint,
// its name server or its network said is nothing for whoever configured it, who might
// otherwise look around in ours.
func (c *Config) post(ctx context.Context, client *http.Client, url string, h http.Header, body []byte) (code string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return CodeRefused
	}
	r.Header = h
	r.GetBody = nil // nothing is sent twice by itself
	answer, err := client.Do(r)
	if err != nil {
		return codeOf(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxResponse))
	switch answer.StatusCode / 100 {
	case 2:
		return ""
	case 3:
		return CodeRedirect
	case 4:
		return CodeClient
	}
	return CodeServer
}

func codeOf(err error) string {
	var timeout net.Error
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var record tls.RecordHeaderError
	var verification *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errForbidden):
		return CodeRefused
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return CodeTimeout
	case errors.As(err, &unknown), errors.As(err, &invalid), errors.As(err, &host), errors.As(err, &record), errors.As(err, &verification):
		return CodeTLS
	}
	return CodeConnection
}
