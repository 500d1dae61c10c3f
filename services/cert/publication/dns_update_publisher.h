// Publishes by DNS UPDATE (RFC 2136) under TSIG (RFC 8945), and reads back what every server of the
// zone then says: a server may ignore an update without an error (3.4.2.2), and secondaries follow
// only after NOTIFY and a transfer. Which servers of the zone can be reached, and by whom, is not
// for this process to say: a silent one is passed over as long as another one shows the change.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/random.h"
#include "cert/publication/dns_connection.h"
#include "cert/publication/dns_message.h"
#include "cert/publication/publisher.h"

namespace cert {

// Thread-safe: immutable, and each call has its own connections.
class DnsUpdatePublisher final : public Publisher {
 public:
  struct Options {
    std::string zone;                // without the trailing dot
    std::vector<DnsServer> servers;  // updates go to the first that answers; all are asked
    TsigKey key;
    absl::Duration ttl = absl::ZeroDuration();
    absl::Duration server_timeout = absl::Seconds(3);  // for one exchange with one server
  };

  // `random` must outlive the publisher. INVALID_ARGUMENT for settings that cannot work.
  static absl::StatusOr<std::unique_ptr<DnsUpdatePublisher>> Create(Options options,
                                                                    base::Random& random);

  absl::Status Publish(const std::vector<TxtRecord>& records, base::Deadline deadline) override;
  absl::Status Withdraw(const std::vector<TxtRecord>& records, base::Deadline deadline) override;

 private:
  // What one server says of a change. UNAVAILABLE while it answers and does not show it yet.
  struct Reading {
    bool answered = false;
    absl::Status status;
  };

  DnsUpdatePublisher(Options options, base::Random& random);

  absl::Status Apply(UpdateKind kind, const std::vector<TxtRecord>& records,
                     base::Deadline deadline);
  absl::Status SendUpdate(const SignedMessage& update, base::Deadline deadline);
  absl::Status SendUpdateTo(const DnsServer& server, const SignedMessage& update,
                            base::Deadline deadline);
  absl::Status AwaitEverywhere(UpdateKind kind, const std::vector<TxtRecord>& records,
                               base::Deadline deadline);
  Reading AwaitAt(const DnsServer& server, UpdateKind kind, const std::vector<TxtRecord>& records,
                  base::Deadline deadline);
  Reading ReadBack(const DnsServer& server, UpdateKind kind, const std::vector<TxtRecord>& records,
                   base::Deadline deadline);
  std::uint16_t NewMessageId();

  const Options options_;
  base::Random& random_;
};

}  // namespace cert
