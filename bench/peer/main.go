// A bare ACME load generator that shares no code with Padlock: acmez (the client that Caddy uses)
// and miekg/dns. Each order is one host: newOrder, a TXT record by RFC 2136, the challenge,
// finalize, the certificate. Prints what it took as one JSON object.

package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mholt/acmez/acme"
	"github.com/miekg/dns"
)

const (
	poll       = 10 * time.Millisecond // nothing but the CA says when it has gone on
	patience   = 60 * time.Second
	tsigFudge  = 300 // RFC 8945, 10
	recordTTL  = 1
	acmePrefix = "_acme-challenge."
)

var (
	directory  = flag.String("directory", "", "URL of the CA's directory")
	rootFile   = flag.String("root", "", "PEM file with the root of the CA's HTTPS server")
	nameserver = flag.String("nameserver", "", "address:port that takes updates")
	zone       = flag.String("zone", "", "the zone updated")
	keyName    = flag.String("key", "", "name of the TSIG key")
	label      = flag.String("label", "", "of the hosts' names")
	orders     = flag.Int("orders", 0, "how many in all")
	inFlight   = flag.Int("in-flight", 16, "how many at a time")
)

// One account and its orders, in one goroutine.
type orderer struct {
	client  *acme.Client
	account acme.Account
	updates *dns.Client
}

func newOrderer(ctx context.Context, roots *x509.CertPool, secret string) (*orderer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	client := &acme.Client{
		Directory:    *directory,
		HTTPClient:   &http.Client{Transport: transport, Timeout: patience},
		PollInterval: poll,
		PollTimeout:  patience,
	}
	account, err := client.NewAccount(ctx, acme.Account{TermsOfServiceAgreed: true, PrivateKey: key})
	if err != nil {
		return nil, err
	}
	return &orderer{client, account, &dns.Client{
		Net: "tcp", Timeout: patience, TsigSecret: map[string]string{dns.Fqdn(*keyName): secret}}}, nil
}

func (o *orderer) publish(name, value string) error {
	record, err := dns.NewRR(fmt.Sprintf("%s %d IN TXT %q", dns.Fqdn(name), recordTTL, value))
	if err != nil {
		return err
	}
	update := new(dns.Msg).SetUpdate(dns.Fqdn(*zone))
	update.Insert([]dns.RR{record})
	update.SetTsig(dns.Fqdn(*keyName), dns.HmacSHA256, tsigFudge, time.Now().Unix())
	reply, _, err := o.updates.Exchange(update, *nameserver)
	if err == nil && reply.Rcode != dns.RcodeSuccess {
		err = fmt.Errorf("the nameserver answered %s", dns.RcodeToString[reply.Rcode])
	}
	return err
}

func (o *orderer) authorize(ctx context.Context, url string) error {
	authorization, err := o.client.GetAuthorization(ctx, o.account, url)
	if err != nil {
		return err
	}
	for _, challenge := range authorization.Challenges {
		if challenge.Type != acme.ChallengeTypeDNS01 {
			continue
		}
		name := acmePrefix + authorization.Identifier.Value
		if err := o.publish(name, challenge.DNS01KeyAuthorization()); err != nil {
			return err
		}
		if _, err := o.client.InitiateChallenge(ctx, o.account, challenge); err != nil {
			return err
		}
		_, err := o.client.PollAuthorization(ctx, o.account, authorization)
		return err
	}
	return fmt.Errorf("%s offers no dns-01", url)
}

func (o *orderer) order(ctx context.Context, host string) error {
	order, err := o.client.NewOrder(ctx, o.account, acme.Order{
		Identifiers: []acme.Identifier{{Type: "dns", Value: host}}})
	if err != nil {
		return err
	}
	for _, url := range order.Authorizations {
		if err := o.authorize(ctx, url); err != nil {
			return err
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	csr, err := x509.CreateCertificateRequest(
		rand.Reader, &x509.CertificateRequest{DNSNames: []string{host}}, key)
	if err != nil {
		return err
	}
	if order, err = o.client.FinalizeOrder(ctx, o.account, order, csr); err != nil {
		return err
	}
	chains, err := o.client.GetCertificateChain(ctx, o.account, order.Certificate)
	if err == nil && (len(chains) == 0 || !bytes.Contains(chains[0].ChainPEM, []byte("CERTIFICATE"))) {
		err = fmt.Errorf("no certificate for %s", host)
	}
	return err
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

// Orders in all goroutines; the first error ends the program.
func run(ctx context.Context, orderers []*orderer) {
	var next int64
	var all sync.WaitGroup
	for _, one := range orderers {
		all.Add(1)
		go func(one *orderer) {
			defer all.Done()
			for number := atomic.AddInt64(&next, 1); number <= int64(*orders); number = atomic.AddInt64(&next, 1) {
				if err := one.order(ctx, fmt.Sprintf("%s-%d.%s", *label, number, *zone)); err != nil {
					log.Fatal(err)
				}
			}
		}(one)
	}
	all.Wait()
}

func main() {
	flag.Parse()
	root, err := os.ReadFile(*rootFile)
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	var orderers []*orderer
	for i := 0; i < *inFlight; i++ {
		// The secret is not for the process list.
		one, err := newOrderer(context.Background(), roots, os.Getenv("TSIG_SECRET"))
		if err != nil {
			log.Fatal(err)
		}
		orderers = append(orderers, one)
	}
	cpu, begin := cpuSeconds(), time.Now()
	run(context.Background(), orderers)
	result := map[string]float64{
		"orders":      float64(*orders),
		"seconds":     time.Since(begin).Seconds(),
		"cpu_seconds": cpuSeconds() - cpu,
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		log.Fatal(err)
	}
}
