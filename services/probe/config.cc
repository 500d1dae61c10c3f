#include "probe/config.h"

#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "padlock/config/v1/config.pb.h"
#include "probe/core/address_policy.h"
#include "probe/core/dns_name.h"
#include "transport/config_fields.h"
#include "transport/identity.h"
#include "transport/text_config.h"

namespace probe {
namespace {

namespace v1 = ::padlock::config::v1;
using transport::ReadAddress;
using transport::ReadDuration;
using transport::ReadEndpoint;
using transport::ReadNumber;
using transport::ReadPort;
using transport::RequireField;
using transport::WrongField;

constexpr int kDnsPort = 53;
constexpr std::uint32_t kLargestCapacity = 100'000;
constexpr std::uint32_t kLargestRate = 1'000'000;
constexpr transport::DurationRule kQueryTimeout{
    .shortest = absl::Milliseconds(10), .longest = absl::Seconds(30), .whole_seconds = false};

// It must fit a segment of a SPIFFE id.
absl::Status CheckPerspective(const std::string& name) {
  RETURN_IF_ERROR(RequireField("perspective", name));
  return transport::IsSegment(name)
             ? absl::OkStatus()
             : WrongField("perspective", "must be 1 to 64 characters of [A-Za-z0-9._-]");
}

absl::StatusOr<Config::Coordinator> ReadCoordinator(const v1::Coordinator& proto) {
  if (proto.hosts().empty()) return WrongField("coordinator.hosts", "is required");
  for (const std::string& host : proto.hosts()) {
    RETURN_IF_ERROR(RequireField("coordinator.hosts", host));
  }
  ASSIGN_OR_RETURN(const int port, ReadPort("coordinator.port", proto.port()));
  return Config::Coordinator{.hosts = {proto.hosts().begin(), proto.hosts().end()},
                             .port = port,
                             .tls_server_name = proto.tls_server_name().empty()
                                                    ? proto.hosts(0)
                                                    : proto.tls_server_name()};
}

absl::StatusOr<std::vector<ResolverPool::Resolver>> ReadResolvers(const v1::ProbeConfig& proto) {
  std::vector<ResolverPool::Resolver> resolvers;
  std::set<std::string> names;
  for (int i = 0; i < proto.resolvers_size(); ++i) {
    const v1::Resolver& resolver = proto.resolvers(i);
    const std::string field = absl::StrFormat("resolvers[%d]", i);
    RETURN_IF_ERROR(RequireField(field + ".name", resolver.name()));
    if (!names.insert(resolver.name()).second) {
      return WrongField(field + ".name", "is there twice");
    }
    v1::Endpoint proto_endpoint = resolver.endpoint();
    if (proto_endpoint.port() == 0) proto_endpoint.set_port(kDnsPort);
    ASSIGN_OR_RETURN(const transport::Endpoint endpoint,
                     ReadEndpoint(field + ".endpoint", proto_endpoint));
    resolvers.push_back(
        {.name = resolver.name(), .address = endpoint.address, .port = endpoint.port});
  }
  return resolvers;
}

absl::StatusOr<std::vector<ResolverPool::Root>> ReadRoots(const v1::ProbeConfig& proto) {
  if (proto.root_servers().empty()) return WrongField("root_servers", "is required");
  std::vector<ResolverPool::Root> roots;
  for (int i = 0; i < proto.root_servers_size(); ++i) {
    const v1::RootServer& root = proto.root_servers(i);
    const std::string field = absl::StrFormat("root_servers[%d]", i);
    RETURN_IF_ERROR(RequireField(field + ".name", root.name()));
    ASSIGN_OR_RETURN(std::string address, ReadAddress(field + ".address", root.address()));
    roots.push_back({.name = root.name(), .address = std::move(address)});
  }
  return roots;
}

absl::StatusOr<absl::Duration> ReadQueryTimeout(const v1::ProbeConfig& proto) {
  if (!proto.has_query_timeout()) return ResolverPool::Options{}.query_timeout;
  return ReadDuration("query_timeout", proto.query_timeout(), kQueryTimeout);
}

// Those that are not set keep their defaults.
absl::Status ReadPorts(const v1::ProbeConfig& proto, ResolverPool::Options& options) {
  if (proto.authoritative_port() != 0) {
    ASSIGN_OR_RETURN(options.authoritative_port,
                     ReadPort("authoritative_port", proto.authoritative_port()));
  }
  if (proto.http_port() != 0) {
    ASSIGN_OR_RETURN(options.http_port, ReadPort("http_port", proto.http_port()));
  }
  if (proto.https_port() != 0) {
    ASSIGN_OR_RETURN(options.https_port, ReadPort("https_port", proto.https_port()));
  }
  return absl::OkStatus();
}

// Leaves `limit` as it is, the default, when there is none in the file.
absl::Status ReadLimit(const std::string& field, bool is_set, const v1::RateLimit& proto,
                       RateLimit& limit) {
  if (!is_set) return absl::OkStatus();
  const std::uint32_t rate = proto.queries_per_second();
  if (rate < 1 || rate > kLargestRate) {
    return WrongField(field + ".queries_per_second",
                      absl::StrFormat("must be from 1 to %d", kLargestRate));
  }
  limit.per_second = static_cast<double>(rate);
  ASSIGN_OR_RETURN(limit.burst, ReadNumber(field + ".burst", proto.burst(), static_cast<int>(rate),
                                           kLargestRate));
  return absl::OkStatus();
}

absl::StatusOr<DnsName> ReadSignedZone(const std::string& zone) {
  absl::StatusOr<DnsName> name = DnsName::Parse(zone);
  if (name.ok()) return name;
  return WrongField("signed_zone", absl::StrFormat("\"%s\" is not a domain name", zone));
}

absl::StatusOr<ResolverPool::Options> ReadResolver(const v1::ProbeConfig& proto) {
  ResolverPool::Options options;
  ASSIGN_OR_RETURN(options.roots, ReadRoots(proto));
  ASSIGN_OR_RETURN(options.resolvers, ReadResolvers(proto));
  ASSIGN_OR_RETURN(options.query_timeout, ReadQueryTimeout(proto));
  RETURN_IF_ERROR(ReadLimit("resolver_limit", proto.has_resolver_limit(), proto.resolver_limit(),
                            options.desk.resolver_limit));
  RETURN_IF_ERROR(ReadLimit("nameserver_limit", proto.has_nameserver_limit(),
                            proto.nameserver_limit(), options.desk.nameserver_limit));
  ASSIGN_OR_RETURN(options.watch.question.name, ReadSignedZone(proto.signed_zone()));
  RETURN_IF_ERROR(ReadPorts(proto, options));
  for (int i = 0; i < proto.allowed_private_ranges_size(); ++i) {
    const std::string& range = proto.allowed_private_ranges(i);
    if (!AddressRange::Parse(range).ok()) {
      return WrongField(absl::StrFormat("allowed_private_ranges[%d]", i),
                        absl::StrFormat("\"%s\" is not an address range (CIDR)", range));
    }
    options.allowed_private_ranges.push_back(range);
  }
  ASSIGN_OR_RETURN(options.capacity,
                   ReadNumber("capacity", proto.capacity(), options.capacity, kLargestCapacity));
  return options;
}

absl::StatusOr<Config> Validate(const v1::ProbeConfig& proto, const std::string& path) {
  RETURN_IF_ERROR(CheckPerspective(proto.perspective()));
  Config config;
  config.perspective = proto.perspective();
  ASSIGN_OR_RETURN(config.coordinator, ReadCoordinator(proto.coordinator()));
  ASSIGN_OR_RETURN(config.tls, transport::ReadTls(proto.tls(), path));
  ASSIGN_OR_RETURN(config.admin, ReadEndpoint("admin", proto.admin()));
  ASSIGN_OR_RETURN(config.resolver, ReadResolver(proto));
  return config;
}

}  // namespace

absl::StatusOr<Config> ReadConfig(const std::string& path) {
  v1::ProbeConfig proto;
  RETURN_IF_ERROR(transport::ReadTextConfig(path, proto));
  return Validate(proto, path);
}

}  // namespace probe
