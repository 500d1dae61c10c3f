// An authoritative nameserver: Knot DNS with zones of its own, changed by RFC 2136 updates signed
// with TSIG (RFC 8945).
//
// Knot 3.2 sends NOTIFY at the next full second after an update, so a secondary follows within 0 to
// 1 s.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lab/dns_update.h"
#include "lab/process.h"
#include "lab/stack.h"

namespace lab {

struct Zone {
  std::string name;       // "shop.test", "." for the root
  std::string text = {};  // the zone file of a primary
  // Names of keys: who may update, who may transfer; nobody when empty.
  std::string update_key = {};
  std::string transfer_key = {};
  std::vector<std::string> update_types = {};  // the only types that may be updated; any when empty
  std::vector<std::string> secondaries = {};   // addresses that are notified
  std::string primary = {};                    // the address to transfer from; makes it a secondary
  bool is_signed = false;                      // by this server, with keys of its own (DNSSEC)
};

// Not thread-safe.
class Knot {
 public:
  struct Options {
    std::string name;     // of its log and directory
    std::string address;  // port kDnsPort
    std::vector<TsigKey> keys;
    std::vector<Zone> zones;
  };

  // `stack` must outlive the server.
  static absl::StatusOr<std::unique_ptr<Knot>> Start(const Stack& stack, Options options);

  // Serves one more zone.
  absl::Status AddZone(Zone zone);

  // Transfers a secondary's zone now, if its primary has a newer one.
  absl::Status Refresh(const std::string& zone);

  // Sends what NOTIFYs the zone has outstanding now, not at the next full second.
  absl::Status Notify(const std::string& zone) const;

  // SendUpdate() to this server. `key` is the name of one of its keys; empty: unsigned.
  absl::Status Update(const std::string& zone, const std::string& key,
                      const std::vector<std::string>& lines) const;

  // Of a zone that it signs: the DS records of its key signing keys, in master-file form.
  absl::StatusOr<std::vector<std::string>> DelegationSigners(const std::string& zone) const;
  // All records of a zone as it is served, as the text of a zone file.
  absl::StatusOr<std::string> ReadZone(const std::string& zone) const;

  const std::string& address() const { return options_.address; }

  // Kill() is a power cut; Pause() leaves questions unanswered until Resume(); Resume() also starts
  // a killed server again, with its updates.
  void Kill();
  absl::Status Pause();
  absl::Status Resume();

 private:
  Knot(const Stack& stack, std::string directory, Options options);

  std::string Configuration() const;
  std::string ZoneConfiguration(const Zone& zone) const;
  absl::Status WriteZone(const Zone& zone) const;
  absl::Status Launch();
  absl::StatusOr<std::string> Control(const std::vector<std::string>& words) const;

  const Stack& stack_;
  const std::string directory_;
  Options options_;
  std::unique_ptr<Process> process_;
};

}  // namespace lab
