// An edge in Go with the common parts, net/http and franz-go, as the mark to reach.
//
//	go_edge PORT BOOTSTRAP TOPIC KEY
//
// A callback is taken when its Authorization header ends in the base64 HMAC-SHA256 of the body under KEY (base64), and
// answered with 200 when all replicas have it. It keeps the body alone: no query, no headers, no routes and no limits.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const largestBody = 1 << 20

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: go_edge PORT BOOTSTRAP TOPIC KEY")
	}
	port, bootstrap, topic := os.Args[1], os.Args[2], os.Args[3]
	key, err := base64.StdEncoding.DecodeString(os.Args[4])
	if err != nil {
		log.Fatal(err)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(bootstrap),
		kgo.DefaultProduceTopic(topic),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(0),
		kgo.ProducerBatchMaxBytes(262_144),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RecordDeliveryTimeout(5*time.Second),
	)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/callbacks/", func(answer http.ResponseWriter, request *http.Request) {
		answer.WriteHeader(take(client, key, answer, request))
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, nil))
}

// take gives the status to answer with.
func take(client *kgo.Client, key []byte, answer http.ResponseWriter, request *http.Request) int {
	body, err := io.ReadAll(http.MaxBytesReader(answer, request.Body, largestBody))
	if err != nil {
		return http.StatusRequestEntityTooLarge
	}
	if !isSigned(request.Header.Get("Authorization"), key, body) {
		return http.StatusUnauthorized
	}
	stored := make(chan error, 1)
	client.Produce(request.Context(), &kgo.Record{Value: body}, func(_ *kgo.Record, err error) { stored <- err })
	if <-stored != nil {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

func isSigned(header string, key, body []byte) bool {
	claimed, err := base64.StdEncoding.DecodeString(header[strings.LastIndexByte(header, ':')+1:])
	if err != nil {
		return false
	}
	digest := hmac.New(sha256.New, key)
	digest.Write(body)
	return hmac.Equal(claimed, digest.Sum(nil))
}
