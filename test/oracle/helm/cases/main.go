// Command cases answers one JSON case a line with what Go's templates, sprig and helm give for it.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
	"time"
	"unicode/utf8"

	"github.com/Masterminds/semver/v3"
	"github.com/Masterminds/sprig/v3"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/cmd"
	"helm.sh/helm/v4/pkg/engine"
	"helm.sh/helm/v4/pkg/strvals"
)

// one is a case; the fields that are read depend on its kind.
type one struct {
	Kind       string            `json:"kind"`
	Template   string            `json:"tpl"`
	Values     map[string]any    `json:"values"`
	Data       any               `json:"data"`
	MissingKey string            `json:"missingKey"`
	Files      map[string]string `json:"files"`
	Function   string            `json:"fn"`
	Text       string            `json:"text"`
	Base       map[string]any    `json:"base"`
	Constraint string            `json:"constraint"`
	Version    string            `json:"version"`
	Words      []string          `json:"words"`
}

// answer holds texts as base64, for they may be no UTF-8.
type answer struct {
	Out   *[]byte `json:"out,omitempty"`
	Err   *[]byte `json:"err,omitempty"`
	Panic string  `json:"panic,omitempty"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	folder, err := os.MkdirTemp("", "kedge-cases-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		answered, _ := json.Marshal(solve(line, folder))
		out.Write(append(answered, '\n'))
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
	out.Flush()
}

func solve(line []byte, folder string) (result answer) {
	var c one
	if err := json.Unmarshal(line, &c); err != nil {
		return answer{Panic: "case: " + err.Error()}
	}
	defer func() {
		if r := recover(); r != nil {
			result = answer{Panic: fmt.Sprint(r)}
		}
	}()
	var out string
	var err error
	switch c.Kind {
	case "text":
		out, err = text(c)
	case "parse":
		out, err = parsed(c)
	case "helm":
		out, err = helm(c)
	case "set":
		out, err = set(c)
	case "semver":
		out, err = matches(c)
	case "command":
		out, err = command(c, folder)
	default:
		err = fmt.Errorf("no such kind: %s", c.Kind)
	}
	if err != nil {
		message := []byte(err.Error())
		if out == "" {
			return answer{Err: &message}
		}
		written := []byte(out)
		return answer{Err: &message, Out: &written}
	}
	written := []byte(out)
	return answer{Out: &written}
}

func text(c one) (string, error) {
	t := template.New("t").Funcs(sprig.TxtFuncMap())
	if c.MissingKey != "" {
		t.Option("missingkey=" + c.MissingKey)
	}
	if _, err := t.Parse(c.Template); err != nil {
		return "", err
	}
	var out strings.Builder
	if err := t.Execute(&out, untag(c.Data)); err != nil {
		return "", err
	}
	return out.String(), nil
}

func parsed(c one) (string, error) {
	trees, err := parse.Parse("t", c.Template, "", "", map[string]any{
		"printf": fmt.Sprintf, "and": fmt.Sprint, "or": fmt.Sprint, "not": fmt.Sprint, "len": fmt.Sprint,
		"index": fmt.Sprint, "eq": fmt.Sprint, "lt": fmt.Sprint, "print": fmt.Sprint, "default": fmt.Sprint,
		"quote": fmt.Sprint, "include": fmt.Sprint, "list": fmt.Sprint, "dict": fmt.Sprint, "upper": fmt.Sprint,
	})
	if err != nil {
		return "", err
	}
	if trees["t"] == nil {
		return "", nil
	}
	quoteTexts(trees["t"].Root)
	return trees["t"].Root.String(), nil
}

// quoteTexts has texts printed as Go's own tests print them.
func quoteTexts(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch node := node.(type) {
		case *parse.TextNode:
			node.Text = fmt.Appendf(nil, "%q", node.Text)
		case *parse.IfNode:
			quoteTexts(node.List)
			quoteTexts(node.ElseList)
		case *parse.WithNode:
			quoteTexts(node.List)
			quoteTexts(node.ElseList)
		case *parse.RangeNode:
			quoteTexts(node.List)
			quoteTexts(node.ElseList)
		}
	}
}

func helm(c one) (string, error) {
	files := []*archive.BufferedFile{
		{Name: "Chart.yaml", Data: []byte("apiVersion: v2\nname: c\nversion: 1.2.3\nappVersion: 4.5.6\n")},
		{Name: "templates/t", Data: []byte(c.Template)},
	}
	for name, data := range c.Files {
		files = append(files, &archive.BufferedFile{Name: name, Data: []byte(data)})
	}
	chart, err := loader.LoadFiles(files)
	if err != nil {
		return "", err
	}
	values, _ := untag(c.Values).(map[string]any)
	release := common.ReleaseOptions{Name: "rel", Namespace: "ns", Revision: 1, IsInstall: true}
	top, err := util.ToRenderValues(chart, values, release, common.DefaultCapabilities.Copy())
	if err != nil {
		return "", err
	}
	rendered, err := new(engine.Engine).Render(chart, top)
	if err != nil {
		return "", err
	}
	return rendered["c/templates/t"], nil
}

func set(c one) (string, error) {
	base, _ := untag(c.Base).(map[string]any)
	if base == nil {
		base = map[string]any{}
	}
	var err error
	switch c.Function {
	case "set":
		err = strvals.ParseInto(c.Text, base)
	case "set-string":
		err = strvals.ParseIntoString(c.Text, base)
	case "set-json":
		err = strvals.ParseJSON(c.Text, base)
	case "set-literal":
		err = strvals.ParseLiteralInto(c.Text, base)
	case "set-file":
		err = strvals.ParseIntoFile(c.Text, base, func(name []rune) (any, error) { return "<" + string(name) + ">", nil })
	}
	// What was set before an error is seen by nobody.
	if err != nil {
		return "", err
	}
	written, err := json.Marshal(tag(base))
	return string(written), err
}

func matches(c one) (string, error) {
	constraint, err := semver.NewConstraint(c.Constraint)
	if err != nil {
		return "", err
	}
	version, err := semver.NewVersion(c.Version)
	if err != nil {
		return "", err
	}
	return strconv.FormatBool(constraint.Check(version)), nil
}

// command writes the files into a folder of their own and runs helm's command line there.
func command(c one, folder string) (string, error) {
	root := filepath.Join(folder, "w")
	os.RemoveAll(root)
	for name, data := range c.Files {
		file := filepath.Join(root, name)
		os.MkdirAll(filepath.Dir(file), 0o755)
		if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
			return "", err
		}
	}
	if err := os.Chdir(root); err != nil {
		return "", err
	}
	var out, errors bytes.Buffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&errors, &slog.HandlerOptions{ReplaceAttr: withoutTime})))
	root4, err := cmd.NewRootCmd(&out, c.Words, func(bool) {})
	if err != nil {
		return "", err
	}
	root4.SetArgs(c.Words)
	root4.SetOut(&out)
	root4.SetErr(&errors)
	err = root4.Execute()
	return out.String(), err
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// untag turns {"$int64": "1"} into an int64.
func untag(value any) any {
	switch value := value.(type) {
	case map[string]any:
		if digits, ok := value["$int64"].(string); ok && len(value) == 1 {
			n, _ := strconv.ParseInt(digits, 10, 64)
			return n
		}
		for key, inner := range value {
			value[key] = untag(inner)
		}
	case []any:
		for index, inner := range value {
			value[index] = untag(inner)
		}
	}
	return value
}

// tag is the other way round, with floats told apart too.
func tag(value any) any {
	switch value := value.(type) {
	case int64:
		return map[string]any{"$int64": strconv.FormatInt(value, 10)}
	case float64:
		return map[string]any{"$float64": strconv.FormatFloat(value, 'g', -1, 64)}
	case string:
		if !utf8.ValidString(value) {
			return map[string]any{"$bytes": []byte(value)}
		}
	case map[string]any:
		tagged := make(map[string]any, len(value))
		for key, inner := range value {
			tagged[key] = tag(inner)
		}
		return tagged
	case []any:
		tagged := make([]any, len(value))
		for index, inner := range value {
			tagged[index] = tag(inner)
		}
		return tagged
	}
	return value
}

func init() {
	time.Local = time.UTC
}
