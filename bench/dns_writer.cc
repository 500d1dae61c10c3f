#include "bench/dns_writer.h"

#include <ldns/ldns.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "base/deadline.h"
#include "base/status_macros.h"
#include "lab/stack.h"

namespace bench {
namespace {

constexpr absl::Duration kUpdatePatience = absl::Seconds(10);
constexpr std::uint16_t kFudgeSeconds = 300;  // RFC 8945, 10

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Packet = std::unique_ptr<ldns_pkt, Free<ldns_pkt_free>>;
using RrList = std::unique_ptr<ldns_rr_list, Free<ldns_rr_list_deep_free>>;

absl::StatusOr<std::string> BuildUpdate(const std::string& zone, const lab::TsigKey& key,
                                        const std::vector<std::string>& records) {
  const RrList list(ldns_rr_list_new());
  for (const std::string& record : records) {
    ldns_rr* rr = nullptr;
    if (ldns_rr_new_frm_str(&rr, record.c_str(), 0, nullptr, nullptr) != LDNS_STATUS_OK) {
      return absl::InvalidArgumentError("not a record: " + record);
    }
    ldns_rr_list_push_rr(list.get(), rr);
  }
  const Packet packet(ldns_update_pkt_new(ldns_dname_new_frm_str(zone.c_str()), LDNS_RR_CLASS_IN,
                                          nullptr, list.get(), nullptr));
  if (packet == nullptr) return absl::InternalError("ldns made no update");
  ldns_pkt_set_random_id(packet.get());
  std::uint8_t* data = nullptr;
  std::size_t size = 0;
  if (ldns_pkt_tsig_sign(packet.get(), key.name.c_str(), key.secret.c_str(), kFudgeSeconds,
                         "hmac-sha256.", nullptr) != LDNS_STATUS_OK ||
      ldns_pkt2wire(&data, packet.get(), &size) != LDNS_STATUS_OK) {
    return absl::InternalError("ldns could not sign an update");
  }
  const std::unique_ptr<std::uint8_t, Free<std::free>> owner(data);
  return std::string(reinterpret_cast<const char*>(data), size);
}

}  // namespace

DnsWriter::DnsWriter(const std::vector<std::string>& servers, std::string zone, lab::TsigKey key)
    : zone_(std::move(zone)), key_(std::move(key)) {
  for (const std::string& server : servers) servers_.push_back({server, lab::kDnsPort});
}

absl::Status DnsWriter::Add(const std::vector<std::string>& records) const {
  ASSIGN_OR_RETURN(const std::string update, BuildUpdate(zone_, key_, records));
  const base::Deadline deadline = base::Deadline::After(kUpdatePatience);
  for (const cert::DnsServer& server : servers_) {
    ASSIGN_OR_RETURN(cert::DnsConnection connection, cert::DnsConnection::Open(server, deadline));
    ASSIGN_OR_RETURN(const std::string reply, connection.Exchange(update, deadline));
    const int rcode = reply.size() < 4 ? -1 : reply[3] & 0x0f;
    if (rcode != LDNS_RCODE_NOERROR) {
      return absl::InternalError(
          absl::StrFormat("%s answered an update with code %d", server.address, rcode));
    }
  }
  return absl::OkStatus();
}

}  // namespace bench
