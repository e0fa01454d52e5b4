// SPDX-License-Identifier: Apache-2.0

// A member of a cluster that is no Serf agent: memberlist with an application of its own. It has
// metadata, a state, ack payloads and messages, and prints what it gets, one JSON object a line.
// Its log goes to the standard error. Commands on the standard input: members, leave, say.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

// What every byte string of this application begins with: all else comes from another one.
var mark = []byte("bare-app/")

var printing sync.Mutex

func tell(what string, rest map[string]interface{}) {
	printing.Lock()
	defer printing.Unlock()
	if rest == nil {
		rest = map[string]interface{}{}
	}
	rest["what"] = what
	line, err := json.Marshal(rest)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
}

func tellData(what string, data []byte) {
	tell(what, map[string]interface{}{"bytes": len(data), "ours": bytes.HasPrefix(data, mark)})
}

func data(text string) []byte {
	return append(append([]byte{}, mark...), text...)
}

type application struct {
	broadcasts memberlist.TransmitLimitedQueue
}

func (a *application) NodeMeta(limit int) []byte { return data("metadata") }
func (a *application) NotifyMsg(message []byte)  { tellData("message", message) }
func (a *application) GetBroadcasts(overhead, limit int) [][]byte {
	return a.broadcasts.GetBroadcasts(overhead, limit)
}
func (a *application) LocalState(join bool) []byte              { return data("state") }
func (a *application) MergeRemoteState(state []byte, join bool) { tellData("state", state) }

func (a *application) AckPayload() []byte { return data("ack") }
func (a *application) NotifyPingComplete(other *memberlist.Node, rtt time.Duration, payload []byte) {
	tell("ack", map[string]interface{}{"name": other.Name, "bytes": len(payload)})
}

func (a *application) NotifyJoin(n *memberlist.Node) {
	tell("join", map[string]interface{}{"name": n.Name, "metadata": len(n.Meta), "delegate": n.DCur})
}
func (a *application) NotifyUpdate(n *memberlist.Node) {
	tell("update", map[string]interface{}{"name": n.Name, "metadata": len(n.Meta)})
}
func (a *application) NotifyLeave(n *memberlist.Node) {
	tell("gone", map[string]interface{}{"name": n.Name})
}

type news []byte

func (n news) Invalidates(memberlist.Broadcast) bool { return false }
func (n news) Message() []byte                       { return n }
func (n news) Finished()                             {}

func main() {
	name := flag.String("name", "go", "name of the member")
	bind := flag.String("bind", "127.0.0.1:0", "address and port")
	join := flag.String("join", "", "a member to join through")
	version := flag.Uint("version", 0, "the only version of its application's protocol")
	flag.Parse()

	host, portText, err := net.SplitHostPort(*bind)
	if err != nil {
		log.Fatal(err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		log.Fatal(err)
	}
	app := &application{}
	config := memberlist.DefaultLocalConfig()
	config.Name = *name
	config.BindAddr, config.BindPort = host, port
	config.AdvertiseAddr, config.AdvertisePort = host, port
	config.PushPullInterval = time.Second
	config.DelegateProtocolVersion = uint8(*version)
	config.DelegateProtocolMin, config.DelegateProtocolMax = uint8(*version), uint8(*version)
	config.Delegate, config.Events, config.Ping = app, app, app
	list, err := memberlist.Create(config)
	if err != nil {
		log.Fatal(err)
	}
	app.broadcasts.NumNodes, app.broadcasts.RetransmitMult = list.NumMembers, 4
	if *join != "" {
		if _, err := list.Join([]string{*join}); err != nil {
			log.Fatal(err)
		}
	}
	tell("ready", nil)

	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		switch input.Text() {
		case "say":
			app.broadcasts.QueueBroadcast(news(data("news")))
		case "members":
			names := []string{}
			for _, node := range list.Members() {
				names = append(names, node.Name)
			}
			tell("members", map[string]interface{}{"names": names})
		case "leave":
			if err := list.Leave(5 * time.Second); err != nil {
				log.Fatal(err)
			}
			time.Sleep(time.Second) // still answering, while the news travels
			return
		}
	}
}
