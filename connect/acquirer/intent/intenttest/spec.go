package intenttest

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Spec is an OpenAPI document, as far as requests are held against it.
type Spec struct {
	doc struct {
		Paths map[string]map[string]operation `json:"paths"`
	}
}

type operation struct {
	Parameters []struct {
		Name   string `json:"name"`
		In     string `json:"in"`
		Schema schema `json:"schema"`
	} `json:"parameters"`
	RequestBody struct {
		Content map[string]struct {
			Schema schema `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
}

type schema struct {
	Type                 string            `json:"type"`
	Properties           map[string]schema `json:"properties"`
	AdditionalProperties json.RawMessage   `json:"additionalProperties"`
	Required             []string          `json:"required"`
	Enum                 []string          `json:"enum"`
	MaxLength            int               `json:"maxLength"`
	AnyOf                []schema          `json:"anyOf"`
	Items                *schema           `json:"items"`
}

// ReadSpec reads a document of the API.
func ReadSpec(data []byte) (*Spec, error) {
	s := &Spec{}
	return s, json.Unmarshal(data, &s.doc)
}

// Check says what is wrong with a request, nothing if it is as the document says.
func (s *Spec) Check(method, path string, form url.Values) string {
	o, ok := s.find(strings.ToLower(method), path)
	if !ok {
		return "there is no such operation"
	}
	tree := &node{}
	for name, values := range form {
		for _, v := range values {
			if !tree.put(name, v) {
				return name + " has no form"
			}
		}
	}
	root := schema{Type: "object", Properties: make(map[string]schema)}
	for _, p := range o.Parameters {
		if p.In == "query" {
			root.Properties[p.Name] = p.Schema
		}
	}
	if body, ok := o.RequestBody.Content["application/x-www-form-urlencoded"]; ok && method == "POST" {
		root = body.Schema
	}
	return tree.check("", root)
}

// find returns the operation whose path fits, one without parameters first.
func (s *Spec) find(method, path string) (operation, bool) {
	if o, ok := s.doc.Paths[path][method]; ok {
		return o, true
	}
	parts := strings.Split(path, "/")
	for pattern, methods := range s.doc.Paths {
		want := strings.Split(pattern, "/")
		fits := len(want) == len(parts)
		for i := 0; fits && i < len(want); i++ {
			fits = want[i] == parts[i] || strings.HasPrefix(want[i], "{")
		}
		if o, ok := methods[method]; fits && ok {
			return o, true
		}
	}
	return operation{}, false
}

// node is a form unfolded: a[b][c]=v.
type node struct {
	value    string
	children map[string]*node
}

func (n *node) put(name, value string) bool {
	first, rest, nested := strings.Cut(name, "[")
	path := []string{first}
	for nested {
		key, after, ok := strings.Cut(rest, "]")
		if !ok {
			return false
		}
		path = append(path, key)
		if after == "" {
			break
		}
		if after[0] != '[' {
			return false
		}
		rest = after[1:]
	}
	for _, key := range path {
		if n.children == nil {
			n.children = make(map[string]*node)
		}
		if n.children[key] == nil {
			n.children[key] = &node{}
		}
		n = n.children[key]
	}
	n.value = value
	return true
}

// check holds a part of a form against its schema.
func (n *node) check(at string, s schema) string {
	if len(s.AnyOf) > 0 {
		why := ""
		for _, option := range s.AnyOf {
			if why = n.check(at, option); why == "" {
				return ""
			}
		}
		return why
	}
	switch s.Type {
	case "object":
		return n.object(at, s)
	case "array":
		for key, child := range n.children {
			if s.Items != nil {
				if why := child.check(at+"["+key+"]", *s.Items); why != "" {
					return why
				}
			}
		}
		return ""
	}
	_, notInt := strconv.ParseInt(n.value, 10, 64)
	switch {
	case n.children != nil:
		return at + " has no parts"
	case s.Type == "integer" && notInt != nil:
		return at + " is not a whole number"
	case s.Type == "boolean" && n.value != "true" && n.value != "false":
		return at + " is not true or false"
	case len(s.Enum) > 0 && !slices.Contains(s.Enum, n.value):
		return at + " cannot be " + n.value
	case s.MaxLength > 0 && len(n.value) > s.MaxLength:
		return at + " is too long"
	}
	return ""
}

func (n *node) object(at string, s schema) string {
	if n.value != "" {
		return at + " is not an object"
	}
	for _, name := range s.Required {
		if n.children[name] == nil {
			return at + " lacks " + name
		}
	}
	open := len(s.AdditionalProperties) > 0 && string(s.AdditionalProperties) != "false"
	for name, child := range n.children {
		property, ok := s.Properties[name]
		if !ok {
			if open {
				continue
			}
			return at + " has no " + name
		}
		if why := child.check(name, property); why != "" {
			return why
		}
	}
	return ""
}
