// The cert service as the commands see it, on behalf of one tenant.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/settings.h"
#include "padlock/cert/v1/certificate_service.pb.h"
#include "padlock/cert/v1/domain_service.pb.h"
#include "padlock/cert/v1/event_service.pb.h"

namespace cli {

// Errors are the server's, or UNAVAILABLE and DEADLINE_EXCEEDED when it cannot be reached. Confined
// to one thread.
class Client {
 public:
  // Connects at the first call; a call waits two seconds for a connection. What reading the TLS
  // files gives.
  static absl::StatusOr<std::unique_ptr<Client>> Create(const Settings& settings);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  struct NewDomain {
    std::string hostname;
    bool wildcard = false;
    std::string method = {};                    // "delegation", "txt", "http"; empty: delegation
    std::vector<std::string> authorities = {};  // empty: all that are configured
    padlock::cert::v1::KeyType key_type = padlock::cert::v1::KEY_TYPE_UNSPECIFIED;
    std::string csr_pem;  // the caller's certificate request; empty: none
    bool backup = false;
    std::string request_id;
    bool challenge = false;  // even while another tenant holds it
  };
  // INVALID_ARGUMENT also for a method that is none.
  absl::StatusOr<padlock::cert::v1::Domain> CreateDomain(const NewDomain& domain);

  // `word` is a hostname, a domain's id or its whole name. Returns the whole name; NOT_FOUND.
  absl::StatusOr<std::string> FindDomain(const std::string& word);

  // `word` is a certificate's id or its whole name, or what FindDomain() takes of the domain that
  // has it. FAILED_PRECONDITION: that domain has none of its own.
  absl::StatusOr<std::string> FindCertificate(const std::string& word);

  // With the latest check.
  absl::StatusOr<padlock::cert::v1::Domain> GetDomain(const std::string& name);
  struct DomainFilter {
    std::string hostname = {};  // in lower case, without a trailing dot; any when empty
    padlock::cert::v1::Domain::State state = padlock::cert::v1::Domain::STATE_UNSPECIFIED;
  };
  absl::StatusOr<std::vector<padlock::cert::v1::Domain>> ListDomains(const DomainFilter& filter);
  absl::StatusOr<std::vector<padlock::cert::v1::Domain>> ListDomains() { return ListDomains({}); }
  absl::StatusOr<padlock::cert::v1::DiagnoseDomainResponse> DiagnoseDomain(const std::string& name,
                                                                           bool fresh = false);
  absl::StatusOr<padlock::cert::v1::Domain> RecheckDomain(const std::string& name);
  absl::StatusOr<padlock::cert::v1::Domain> ChangeDomainMethod(const std::string& name,
                                                               const std::string& method);
  absl::Status DeleteDomain(const std::string& name, bool revoke = false);

  struct NewCertificate {
    std::vector<std::string> names;
    std::string method = {};  // empty: as the domains have it
    bool partial = false;
    bool backup = false;
    std::vector<std::string> authorities = {};
    std::string request_id;
  };
  absl::StatusOr<padlock::cert::v1::Certificate> CreateCertificate(
      const NewCertificate& certificate);
  absl::Status DeleteCertificate(const std::string& name, bool revoke = false);

  // With the live order's latest check.
  absl::StatusOr<padlock::cert::v1::Certificate> GetCertificate(const std::string& name);
  absl::StatusOr<std::vector<padlock::cert::v1::Certificate>> ListCertificates(
      padlock::cert::v1::Certificate::State state);
  absl::StatusOr<padlock::cert::v1::FetchIssuanceResponse> FetchIssuance(
      const std::string& name, bool with_key,
      padlock::cert::v1::KeyType type = padlock::cert::v1::KEY_TYPE_UNSPECIFIED);

  struct Revocation {
    std::string certificate;  // its whole name
    padlock::cert::v1::RevocationReason reason = padlock::cert::v1::REVOCATION_REASON_UNSPECIFIED;
    std::string proof_pem;  // of a compromise of the key; empty: none
  };
  absl::StatusOr<padlock::cert::v1::Certificate> RevokeCertificate(const Revocation& revocation);

  absl::StatusOr<padlock::cert::v1::Certificate> ConfirmDeployment(const std::string& name,
                                                                   const std::string& serial);

  struct Watch {
    std::string cursor;  // empty: from now on
    std::string domain;  // its whole name; empty: all
    absl::Time end_time = absl::InfiniteFuture();
  };
  using OnEvents = absl::FunctionRef<bool(const padlock::cert::v1::WatchEventsResponse&)>;
  // Calls `on_events` for each message until that returns false (then OK) or the stream ends.
  absl::Status WatchEvents(const Watch& watch, OnEvents on_events);

 private:
  struct Stubs;
  Client(std::string parent, std::unique_ptr<Stubs> stubs);

  const std::string parent_;  // "tenants/{tenant}"
  const std::unique_ptr<Stubs> stubs_;
};

}  // namespace cli
