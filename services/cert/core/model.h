// What the store keeps: domains, certificates, orders, issuances, claims, events, as plain values.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cert/core/authority_choice.h"
#include "cert/core/finding.h"
#include "cert/core/ids.h"
#include "cert/core/inquiry.h"
#include "cert/core/lifecycle.h"
#include "cert/core/revocation.h"
#include "cert/core/sealed_secret.h"
#include "cert/core/set_aside.h"
#include "cert/core/settings.h"

namespace cert {

// A customer's hostname under management.
struct Domain {
  TenantId tenant;
  DomainId id;
  std::string hostname;  // a Hostname's text
  bool wildcard = false;
  ValidationMethod method = ValidationMethod::kDelegation;
  std::string claim_value;        // "padlock-verify=<random>": the TXT at _padlock.<host>
  std::string delegation_target;  // of the CNAME at _acme-challenge.<host>
  std::string canary_value;       // "padlock-canary=<random>": our TXT at the target
  CertificateId certificate;      // its own; empty when it was made with one of several names
  std::string idempotency_key;    // CreateDomainRequest.request_id; empty when none was given
  std::string request_id;         // of the call that last set it in motion, for logs
  DomainProgress progress;
  std::optional<Finding> finding = std::nullopt;
  absl::Time create_time = absl::InfinitePast();
  std::optional<absl::Time> prove_time = std::nullopt;  // the last full proof
  std::optional<absl::Time> check_time = std::nullopt;  // the last finished check
  // Since when its records have been gone while its certificate is in force.
  std::optional<absl::Time> trouble_time = std::nullopt;
  std::string trouble_cause = {};  // the one told then; empty: none

  bool operator==(const Domain&) const = default;
};

// What was issued for a certificate and is not known to be served yet (deployment.h).
struct Deployment {
  std::vector<IssuanceId> awaited;
  absl::Time issue_time;                                  // of the first of them
  absl::Time overdue_time;                                // its owner is told from then on
  std::optional<absl::Time> served_until = std::nullopt;  // what was served before, if anything was
  bool told = false;                                      // that it is overdue, by an event

  bool operator==(const Deployment&) const = default;
};

// The managed thing with names and key type; it outlives the X.509 certificates issued for it.
struct Certificate {
  TenantId tenant;
  CertificateId id;
  DomainId domain;                // made and deleted with it; empty: one of several names
  std::vector<DomainId> domains;  // all whose hostnames, or wildcards of them, it has
  std::vector<std::string> names;
  CertificateSettings settings = {};  // as they were when it was made
  std::string idempotency_key = {};   // as a domain's; of one of several names only
  std::string request_id;
  CertificateProgress progress;
  std::optional<OrderId> order = std::nullopt;        // the live one
  std::optional<IssuanceId> issuance = std::nullopt;  // the served one
  std::optional<absl::Time> renew_time = std::nullopt;
  std::optional<absl::Time> expire_time = std::nullopt;  // not_after of `issuance`
  // The RSA twin of a dual certificate, served beside the other (key_plan.h).
  std::optional<IssuanceId> second_issuance = std::nullopt;
  std::optional<absl::Time> second_renew_time = std::nullopt;
  std::optional<absl::Time> second_expire_time = std::nullopt;  // its not_after; not stored here
  // ---- A backup is a certificate of its own (backup.h) ----
  std::optional<CertificateId> backup = std::nullopt;     // this one's
  std::optional<CertificateId> backup_of = std::nullopt;  // set on a backup: what it stands by for
  std::string avoided_ca = {};                            // of a backup: not ordered there
  // Since when what was issued for the backup has been served in place of its own.
  std::optional<absl::Time> backup_use_time = std::nullopt;
  bool avoids_http = false;  // HTTP first has failed since the last issuance (edge.h)
  int failed_orders = 0;     // in a row
  std::vector<CaFailure> ca_failures = {};   // since the last issuance, at most one per CA
  std::vector<SetAsideName> set_aside = {};  // with `partial` only
  std::optional<Deployment> deployment = std::nullopt;  // unset: nothing is awaited
  std::optional<Finding> finding = std::nullopt;
  absl::Time create_time = absl::InfinitePast();

  bool operator==(const Certificate&) const = default;
};

// One name of an order and the challenge that answers for it (challenge.h).
struct Authorization {
  std::string url;
  std::string identifier;  // without "*."
  bool wildcard = false;
  std::string challenge_url;
  std::string txt_value;  // of dns-01; empty with kHttp
  bool valid = false;     // nothing to answer (RFC 8555 7.1.6); never a proof of the tenant's right
  bool answered = false;  // its challenge, by us
  DomainId domain = {};
  ValidationMethod method = ValidationMethod::kDelegation;
  std::string delegation_target = {};  // where the token goes; with kDelegation only
  std::string key_authorization = {};  // of http-01; with kHttp only

  bool operator==(const Authorization&) const = default;
};

// One attempt to obtain an issuance, mirrored by one ACME order.
struct Order {
  TenantId tenant;
  OrderId id;
  CertificateId certificate;
  std::string ca;                  // its configured name; may change until a newOrder is sent
  std::vector<std::string> names;  // sorted
  KeyType key_type = KeyType::kEcdsaP256;
  std::string request_id;
  OrderProgress progress;
  // When the CAA records were last seen to let the CA issue.
  std::optional<absl::Time> caa_check_time = std::nullopt;
  // Whether its hosts lead to our edge, and the CA is answered there; unset until it was looked.
  std::optional<bool> http_first = std::nullopt;
  bool new_order_sent = false;  // stored before newOrder is sent; a lost reply shows by it
  std::string order_url;        // unique; empty before
  std::string finalize_url;
  std::vector<Authorization> authorizations;
  std::optional<SealedSecret> key = std::nullopt;
  std::string csr_der;
  bool finalize_sent = false;
  std::optional<absl::Time> expire_time = std::nullopt;
  std::optional<Finding> finding = std::nullopt;
  absl::Time intent_time = absl::InfinitePast();

  bool operator==(const Order&) const = default;
};

// One X.509 certificate with its key and chain.
struct Issuance {
  TenantId tenant;
  IssuanceId id;
  CertificateId certificate;
  OrderId order;
  std::string ca;
  std::string serial;  // lower-case hex
  std::string issuer;
  std::vector<std::string> names;
  Validity validity;
  std::string chain_pem;
  KeyType key_type = KeyType::kEcdsaP256;
  std::optional<SealedSecret> key = std::nullopt;       // none when it is the caller's
  std::optional<Revocation> revocation = std::nullopt;  // once it was asked for
  absl::Time create_time = absl::InfinitePast();

  bool operator==(const Issuance&) const = default;
};

// A tenant's proven, exclusive right to one exact hostname. Global: one row per hostname.
struct Claim {
  std::string hostname;
  TenantId tenant;
  DomainId domain;
  absl::Time prove_time = absl::InfinitePast();  // the holder's last proof
  // When the holder was told that another tenant claims it too; unset while nobody does.
  std::optional<absl::Time> notice_time = std::nullopt;

  bool operator==(const Claim&) const = default;
};

// Our account at one CA. The key is stored before newAccount is sent.
struct AcmeAccountRow {
  std::string ca;
  SealedSecret key;
  std::string url;  // empty until the CA has answered
  // The key to come, while the account is rolled over to it: either may be the one the CA knows.
  std::optional<SealedSecret> next_key = std::nullopt;

  bool operator==(const AcmeAccountRow&) const = default;
};

enum class EventType {
  kDomainCreated = 1,
  kDomainChecked,  // a check finished; its evidence is stored under `attempt`
  kDomainProved,
  kDomainFailed,  // the schedule is used up
  kDomainRechecked,
  kDomainDeleted,
  kOrderIntended,
  kOrderCreated,  // the CA has it
  kOrderPublished,
  kOrderChecked,    // as kDomainChecked, for the order's tokens
  kOrderAnswered,   // the challenges are answered
  kOrderFinalized,  // the CSR is sent
  kCertificateIssued,
  kOrderFailed,
  kKeyRead,
  kRecordsWithdrawn,
  kTokensChanged = 17,  // the customer must create other records for the CA's tokens
  kMethodChanged,       // of a domain
  kCertificateChanged,  // one of several names was created or deleted, as the message says
  kDomainTrouble = 20,  // its records are gone while its certificate is in force
  kDomainWell,          // and seen again
  kCertificateExpired,
  kAuthorityChanged = 23,  // an order goes to another CA
  kRevocationRequested = 26,
  kCertificateRevoked,    // the CA has done it
  kKeyCompromised,        // somebody proved to have a key
  kRevocationFailed,      // the certificate expired before
  kClaimChallenged = 30,  // another tenant has shown a newer claim: it is lost in 7 days
  kClaimDefended,         // the holder has proved its right again in time
  kClaimLost,             // to another tenant
  kClaimTaken,            // from another tenant
  kBackupIssued = 34,     // and kept undeployed
  kBackupUsed,            // it is served from now on
  kNamesSetAside,         // a partial certificate is ordered without them for a while
  kDeployed,              // a consumer confirmed that it serves what was issued
  kDeploymentOverdue,     // none did in time
};

const char* EventTypeName(EventType type);
std::optional<EventType> ParseEventType(const std::string& name);

// Where a reader of events is: within one epoch numbers rise by one, without gaps, per tenant.
struct EventCursor {
  std::string epoch;
  std::int64_t number = 0;  // of the last event that was read; 0: before the first

  bool operator==(const EventCursor&) const = default;
};

struct Event {
  EventCursor cursor;                      // set by the store
  absl::Time time = absl::InfinitePast();  // set by the store
  EventType type = EventType::kDomainCreated;
  DomainId domain;
  CertificateId certificate;
  OrderId order;
  std::string actor;  // an identity, or "padlock-cert"
  std::string request_id;
  std::string message;  // one sentence for people; no secrets
  int attempt = 0;      // of the evidence; 0 when there is none

  bool operator==(const Event&) const = default;
};

// The evidence of one finished check.
struct EvidenceRecord {
  int attempt = 0;  // set by the store: rises by one per subject
  absl::Time time = absl::InfinitePast();
  std::string decision;  // DecisionName() of agreement.h
  Evidence answers;

  bool operator==(const EvidenceRecord&) const = default;
};

}  // namespace cert
