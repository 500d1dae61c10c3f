#include "probe/config.h"

#include <set>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "padlock/config/v1/config.pb.h"
#include "probe/core/address_policy.h"
#include "probe/core/dns_name.h"
#include "probe/core/ip_address.h"
#include "transport/identity.h"
#include "transport/text_config.h"

namespace probe {
namespace {

namespace v1 = ::padlock::config::v1;

constexpr int kDnsPort = 53;
constexpr std::uint32_t kLargestCapacity = 100'000;
constexpr std::uint32_t kLargestRate = 1'000'000;
constexpr absl::Duration kShortestQuery = absl::Milliseconds(10);
constexpr absl::Duration kLongestQuery = absl::Seconds(30);

absl::Status Wrong(const std::string& field, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrFormat("%s: %s", field, what));
}

absl::Status Require(const std::string& field, const std::string& value) {
  return value.empty() ? Wrong(field, "it is required") : absl::OkStatus();
}

absl::Status CheckPort(const std::string& field, std::uint32_t port) {
  if (port >= 1 && port <= 65'535) return absl::OkStatus();
  return Wrong(field, "a port from 1 to 65535 is required");
}

absl::Status CheckAddress(const std::string& field, const std::string& address) {
  if (IpAddress::Parse(address).has_value()) return absl::OkStatus();
  return Wrong(field, absl::StrFormat("\"%s\" is not an IP address", address));
}

// It must fit a segment of a SPIFFE id.
absl::Status CheckPerspective(const std::string& name) {
  RETURN_IF_ERROR(Require("perspective", name));
  return transport::IsSegment(name)
             ? absl::OkStatus()
             : Wrong("perspective", "only up to 64 of [A-Za-z0-9._-] are possible");
}

absl::StatusOr<Config::Coordinator> ReadCoordinator(const v1::Coordinator& proto) {
  if (proto.hosts().empty()) return Wrong("coordinator.hosts", "it is required");
  for (const std::string& host : proto.hosts()) {
    RETURN_IF_ERROR(Require("coordinator.hosts", host));
  }
  RETURN_IF_ERROR(CheckPort("coordinator.port", proto.port()));
  return Config::Coordinator{.hosts = {proto.hosts().begin(), proto.hosts().end()},
                             .port = static_cast<int>(proto.port()),
                             .tls_server_name = proto.tls_server_name().empty()
                                                    ? proto.hosts(0)
                                                    : proto.tls_server_name()};
}

absl::StatusOr<transport::TlsFiles> ReadTls(const v1::Tls& proto, const std::string& path) {
  RETURN_IF_ERROR(Require("tls.ca_file", proto.ca_file()));
  RETURN_IF_ERROR(Require("tls.certificate_file", proto.certificate_file()));
  RETURN_IF_ERROR(Require("tls.private_key_file", proto.private_key_file()));
  return transport::TlsFiles{
      .ca_file = transport::ResolvePath(path, proto.ca_file()),
      .certificate_file = transport::ResolvePath(path, proto.certificate_file()),
      .private_key_file = transport::ResolvePath(path, proto.private_key_file())};
}

absl::StatusOr<Config::Admin> ReadAdmin(const v1::Endpoint& proto) {
  RETURN_IF_ERROR(CheckAddress("admin.address", proto.address()));
  RETURN_IF_ERROR(CheckPort("admin.port", proto.port()));
  return Config::Admin{.address = proto.address(), .port = static_cast<int>(proto.port())};
}

absl::StatusOr<std::vector<ResolverPool::Resolver>> ReadResolvers(const v1::ProbeConfig& proto) {
  std::vector<ResolverPool::Resolver> resolvers;
  std::set<std::string> names;
  for (int i = 0; i < proto.resolvers_size(); ++i) {
    const v1::Resolver& resolver = proto.resolvers(i);
    const std::string field = absl::StrFormat("resolvers[%d]", i);
    RETURN_IF_ERROR(Require(field + ".name", resolver.name()));
    if (!names.insert(resolver.name()).second) {
      return Wrong(field + ".name", absl::StrFormat("\"%s\" is there twice", resolver.name()));
    }
    RETURN_IF_ERROR(CheckAddress(field + ".endpoint.address", resolver.endpoint().address()));
    const std::uint32_t port =
        resolver.endpoint().port() == 0 ? kDnsPort : resolver.endpoint().port();
    RETURN_IF_ERROR(CheckPort(field + ".endpoint.port", port));
    resolvers.push_back({.name = resolver.name(),
                         .address = resolver.endpoint().address(),
                         .port = static_cast<int>(port)});
  }
  return resolvers;
}

absl::StatusOr<std::vector<ResolverPool::Root>> ReadRoots(const v1::ProbeConfig& proto) {
  if (proto.root_servers().empty()) return Wrong("root_servers", "at least one is required");
  std::vector<ResolverPool::Root> roots;
  for (int i = 0; i < proto.root_servers_size(); ++i) {
    const v1::RootServer& root = proto.root_servers(i);
    const std::string field = absl::StrFormat("root_servers[%d]", i);
    RETURN_IF_ERROR(Require(field + ".name", root.name()));
    RETURN_IF_ERROR(CheckAddress(field + ".address", root.address()));
    roots.push_back({.name = root.name(), .address = root.address()});
  }
  return roots;
}

absl::StatusOr<absl::Duration> ReadQueryTimeout(const v1::ProbeConfig& proto) {
  if (!proto.has_query_timeout()) return ResolverPool::Options{}.query_timeout;
  const absl::Duration timeout = absl::Seconds(proto.query_timeout().seconds()) +
                                 absl::Nanoseconds(proto.query_timeout().nanos());
  if (timeout >= kShortestQuery && timeout <= kLongestQuery) return timeout;
  return Wrong("query_timeout", "10 ms to 30 s are possible");
}

absl::Status ReadHttpPorts(const v1::ProbeConfig& proto, ResolverPool::Options& options) {
  if (proto.http_port() != 0) {
    RETURN_IF_ERROR(CheckPort("http_port", proto.http_port()));
    options.http_port = static_cast<int>(proto.http_port());
  }
  if (proto.https_port() != 0) {
    RETURN_IF_ERROR(CheckPort("https_port", proto.https_port()));
    options.https_port = static_cast<int>(proto.https_port());
  }
  return absl::OkStatus();
}

// Leaves `limit` as it is, the default, when there is none in the file.
absl::Status ReadLimit(const std::string& field, bool is_set, const v1::RateLimit& proto,
                       RateLimit& limit) {
  if (!is_set) return absl::OkStatus();
  const std::uint32_t rate = proto.queries_per_second();
  if (rate < 1 || rate > kLargestRate || proto.burst() > kLargestRate) {
    return Wrong(field, "1 to 1000000 queries_per_second, and a burst of as many, are possible");
  }
  limit = {.per_second = static_cast<double>(rate),
           .burst = static_cast<int>(proto.burst() == 0 ? rate : proto.burst())};
  return absl::OkStatus();
}

absl::StatusOr<DnsName> ReadSignedZone(const std::string& zone) {
  absl::StatusOr<DnsName> name = DnsName::Parse(zone);
  if (name.ok()) return name;
  return Wrong("signed_zone", absl::StrFormat("\"%s\" is not a domain name", zone));
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
  if (proto.authoritative_port() != 0) {
    RETURN_IF_ERROR(CheckPort("authoritative_port", proto.authoritative_port()));
    options.authoritative_port = static_cast<int>(proto.authoritative_port());
  }
  RETURN_IF_ERROR(ReadHttpPorts(proto, options));
  for (int i = 0; i < proto.allowed_private_ranges_size(); ++i) {
    const std::string& range = proto.allowed_private_ranges(i);
    if (!AddressRange::Parse(range).ok()) {
      return Wrong(absl::StrFormat("allowed_private_ranges[%d]", i),
                   absl::StrFormat("\"%s\" is not an address range (CIDR)", range));
    }
    options.allowed_private_ranges.push_back(range);
  }
  if (proto.capacity() > kLargestCapacity) return Wrong("capacity", "at most 100000 is possible");
  if (proto.capacity() != 0) options.capacity = static_cast<int>(proto.capacity());
  return options;
}

absl::StatusOr<Config> Validate(const v1::ProbeConfig& proto, const std::string& path) {
  RETURN_IF_ERROR(CheckPerspective(proto.perspective()));
  Config config;
  config.perspective = proto.perspective();
  ASSIGN_OR_RETURN(config.coordinator, ReadCoordinator(proto.coordinator()));
  ASSIGN_OR_RETURN(config.tls, ReadTls(proto.tls(), path));
  ASSIGN_OR_RETURN(config.admin, ReadAdmin(proto.admin()));
  ASSIGN_OR_RETURN(config.resolver, ReadResolver(proto));
  return config;
}

}  // namespace

absl::StatusOr<Config> ReadConfig(const std::string& path) {
  v1::ProbeConfig proto;
  RETURN_IF_ERROR(transport::ReadTextConfig(path, proto));
  absl::StatusOr<Config> config = Validate(proto, path);
  if (config.ok()) return config;
  return absl::Status(config.status().code(),
                      absl::StrFormat("%s: %s", path, std::string(config.status().message())));
}

}  // namespace probe
