package story

import (
	"fmt"
	"strings"

	"golang.org/x/net/html"

	"github.com/memberzone/memberzone/static"
)

// page is a parsed page with what the rules look things up by.
type page struct {
	nodes  []*html.Node
	ids    map[string]int
	labels map[string]string // text of <label for>, by id
	bad    map[string]bool   // names of the controls that are marked aria-invalid
}

func newPage(root *html.Node) *page {
	p := &page{ids: map[string]int{}, labels: map[string]string{}, bad: map[string]bool{}}
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		p.nodes = append(p.nodes, node)
		if id := attribute(node, "id"); id != "" {
			p.ids[id]++
		}
		if node.Data == "label" {
			p.labels[attribute(node, "for")] = textOf(node)
		}
		if attribute(node, "aria-invalid") == "true" {
			p.bad[attribute(node, "name")] = true
		}
	}
	return p
}

// problems lists every rule the page breaks, in words.
func (p *page) problems() []string {
	var found []string
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	for id, count := range p.ids {
		if count > 1 {
			say("id %s twice", id)
		}
	}
	p.checkFrame(say)
	level := 0
	for _, node := range p.nodes {
		p.checkNames(node, say)
		p.checkReferences(node, say)
		checkPolicy(node, say)
		checkStructure(node, say)
		if len(node.Data) == 2 && node.Data[0] == 'h' && node.Data[1] >= '1' && node.Data[1] <= '6' {
			next := int(node.Data[1] - '0')
			if next > level+1 {
				say("heading jumps from h%d to h%d: %s", level, next, textOf(node))
			}
			level = next
		}
	}
	return found
}

func (p *page) checkFrame(say func(string, ...any)) {
	count := map[string]int{}
	for _, node := range p.nodes {
		if node.Namespace == "" { // a drawing has titles of its own
			count[node.Data]++
		}
		if node.Data == "html" && attribute(node, "lang") == "" {
			say("the page has no language")
		}
		if node.Data == "title" && textOf(node) == "" {
			say("the title is empty")
		}
	}
	for _, once := range []string{"main", "h1", "title"} {
		if count[once] != 1 {
			say("%d %s elements, want one", count[once], once)
		}
	}
}

func (p *page) checkNames(node *html.Node, say func(string, ...any)) {
	switch node.Data {
	case "input", "select", "textarea":
		if attribute(node, "type") == "hidden" {
			return
		}
		if p.labels[attribute(node, "id")] == "" && labelAround(node) == "" && attribute(node, "aria-label") == "" {
			say("%s %q has no label", node.Data, attribute(node, "name"))
		}
	case "button", "a", "summary":
		if textOf(node) == "" && attribute(node, "aria-label") == "" {
			say("%s %q has no name", node.Data, attribute(node, "href"))
		}
	case "svg":
		if attribute(node, "aria-hidden") != "true" && !hiddenAround(node) && !drawnForAll(node) {
			say("an svg that is not hidden from assistive technology, and not a named image")
		}
	case "img":
		say("an img: the product draws with svg")
	}
}

func (p *page) checkReferences(node *html.Node, say func(string, ...any)) {
	for _, name := range []string{"aria-describedby", "aria-labelledby", "for"} {
		for id := range strings.FieldsSeq(attribute(node, name)) {
			if p.ids[id] == 0 {
				say("%s of %s points at no element: %s", name, node.Data, id)
			}
		}
	}
	if href := attribute(node, "href"); len(href) > 1 && href[0] == '#' && p.ids[href[1:]] == 0 {
		say("a link points at no element: %s", href)
	}
	if field := attribute(node, "data-error-for"); field != "" && !p.bad[field] && !groupIsBad(node) {
		say("the field %s has an error and is not marked as invalid", field)
	}
}

func checkPolicy(node *html.Node, say func(string, ...any)) {
	for _, one := range node.Attr {
		switch {
		case one.Key == "style":
			say("%s has a style attribute", node.Data)
		case strings.HasPrefix(one.Key, "on"), strings.HasPrefix(one.Key, "hx-on"):
			say("%s has the handler attribute %s", node.Data, one.Key)
		case (one.Key == "src" || one.Key == "href") && strings.HasPrefix(one.Val, static.Prefix) && !known(one.Val):
			say("unknown file %s", one.Val)
		case one.Key == "href" && strings.HasPrefix(one.Val, "about:invalid"):
			say("a link was refused as unsafe")
		}
	}
	if node.Data == "style" || node.Data == "script" && attribute(node, "src") == "" {
		say("inline %s", node.Data)
	}
}

func checkStructure(node *html.Node, say func(string, ...any)) {
	switch {
	case node.Data == "th" && attribute(node, "scope") == "":
		say("a th without a scope: %s", textOf(node))
	case node.Data == "table" && !hasChild(node, "caption"):
		say("a table without a caption")
	case node.Data == "fieldset" && !hasChild(node, "legend"):
		say("a fieldset without a legend")
	case node.Data == "details" && !hasChild(node, "summary"):
		say("a details without a summary")
	}
}

func known(address string) bool {
	for _, name := range static.Names() {
		if static.URL(name) == address {
			return true
		}
	}
	return false
}

func attribute(node *html.Node, name string) string {
	for _, one := range node.Attr {
		if one.Key == name {
			return one.Val
		}
	}
	return ""
}

func textOf(node *html.Node) string {
	var text strings.Builder
	for inner := range node.Descendants() {
		if inner.Type == html.TextNode {
			text.WriteString(inner.Data)
		}
	}
	return strings.TrimSpace(text.String())
}

func hasChild(node *html.Node, name string) bool {
	for child := range node.ChildNodes() {
		if child.Type == html.ElementNode && child.Data == name {
			return true
		}
	}
	return false
}

func labelAround(node *html.Node) string {
	for outer := range node.Ancestors() {
		if outer.Data == "label" {
			return textOf(outer)
		}
	}
	return ""
}

// drawnForAll reports whether an svg is an image with a name: its own title.
func drawnForAll(node *html.Node) bool {
	for inner := range node.Descendants() {
		if inner.Data == "title" && inner.Parent == node && attribute(inner, "id") == attribute(node, "aria-labelledby") {
			return attribute(node, "role") == "img" && textOf(inner) != ""
		}
	}
	return false
}

func hiddenAround(node *html.Node) bool {
	for outer := range node.Ancestors() {
		if attribute(outer, "aria-hidden") == "true" {
			return true
		}
	}
	return false
}

// groupIsBad reports whether the error stands in a fieldset that is marked as invalid itself.
func groupIsBad(node *html.Node) bool {
	for outer := range node.Ancestors() {
		if outer.Data == "fieldset" && attribute(outer, "aria-invalid") == "true" {
			return true
		}
	}
	return false
}
