package webhook

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// nowhere are the addresses at which no endpoint of a stranger is: this host, networks
// that are private, shared or for documentation, what stands for an IPv4 address within an
// IPv6 one, and what is not one host's (the IANA special-purpose address registries, as of
// 2025).
var nowhere = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	"5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

func prefixes(list ...string) (all []netip.Prefix) {
	for _, text := range list {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// public tells whether an address may be called.
func (c *Config) public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	within := func(p netip.Prefix) bool { return p.Contains(a) }
	return !slices.ContainsFunc(nowhere, within) && !slices.ContainsFunc(c.Deny, within)
}

// inside are the last labels of names that mean something else within a network.
var inside = []string{"localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private", "arpa", "onion", "test", "invalid"}

func forbidden(msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "forbidden_url", Field: "url", Op: "webhook: endpoint", Msg: msg}
}

// checkURL refuses what is no address of an endpoint: it is https, at a name with a point or
// a public address, in ASCII, at one of the ports, and has no user, password or fragment.
func (c *Config) checkURL(text string) (*url.URL, error) {
	if text == "" || len(text) > 2048 {
		return nil, forbidden("it has 1 to 2,048 characters")
	}
	for i := range len(text) {
		if b := text[i]; b <= ' ' || b > '~' || b == '\\' || b == '"' || b == '<' || b == '>' || b == '`' || b == '{' || b == '}' || b == '|' || b == '^' {
			return nil, forbidden("it is written in characters that a URL has")
		}
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" {
		return nil, forbidden("it is no URL")
	}
	port := u.Port()
	if port == "" && u.Scheme == "https" {
		port = "443"
	}
	n, err := strconv.Atoi(port)
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !c.Development):
		return nil, forbidden("it begins with https://")
	case u.User != nil:
		return nil, forbidden("it has neither user nor password")
	case u.Fragment != "" || strings.Contains(text, "#"):
		return nil, forbidden("it has no fragment")
	case !c.Development && (err != nil || !slices.Contains(c.Ports, n)):
		return nil, forbidden("its port is not allowed")
	}
	return u, c.checkHost(u.Hostname())
}

func (c *Config) checkHost(host string) error {
	if c.Development && host != "" {
		return nil
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if !c.public(a) {
			return forbidden("its address is not public")
		}
		return nil
	}
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(host, ".")), ".")
	last := labels[len(labels)-1]
	switch {
	case len(labels) < 2 || slices.Contains(labels, ""):
		return forbidden("its host is a name with a point")
	case last[0] >= '0' && last[0] <= '9': // an address in some other notation
		return forbidden("its host is no name")
	case slices.Contains(inside, last):
		return forbidden("its host is a name within a network")
	}
	for _, l := range labels {
		if len(l) > 63 || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return forbidden("its host is no name")
		}
	}
	return nil
}

// Resolver finds the addresses of a host. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// resolve finds where a host is. If one of its addresses is not public, none is called.
func (c *Config) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return c.allowed([]netip.Addr{a})
	}
	list, err := c.Resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	return c.allowed(list)
}

func (c *Config) allowed(list []netip.Addr) ([]netip.Addr, error) {
	if len(list) == 0 {
		return nil, &net.DNSError{Err: "no address", IsNotFound: true}
	}
	if !c.Development && slices.ContainsFunc(list, func(a netip.Addr) bool { return !c.public(a) }) {
		return nil, errForbidden
	}
	return list, nil
}
