#include "cli/json_output.h"

#include <span>

namespace torchdevice::cli {

namespace {

using gap::to_string;

void write(JsonWriter& json, const gap::Signature& signature) {
  json.begin_object();
  json.field("text", signature.text());
  json.list("parameters", signature.parameters, [&](const gap::Parameter& parameter) {
    json.begin_object();
    json.field("name", parameter.name);
    json.field("kind", to_string(parameter.kind));
    json.optional_field("default", parameter.default_value);
    json.field("annotation", parameter.annotation);
    json.end_object();
  });
  json.field("returns", signature.returns);
  json.field("source", to_string(signature.source));
  json.field("confidence", to_string(signature.confidence));
  json.field("file", signature.file);
  json.field("line", signature.line);
  json.end_object();
}

void write_signatures(JsonWriter& json, std::string_view name,
                      std::span<const gap::Signature> signatures) {
  json.list(name, signatures, [&](const gap::Signature& signature) { write(json, signature); });
}

void write_differences(JsonWriter& json, std::span<const gap::Difference> differences) {
  json.list("differences", differences, [&](const gap::Difference& difference) {
    json.begin_object();
    json.field("what", to_string(difference.what));
    json.field("parameter", difference.parameter);
    json.field("detail", difference.detail);
    json.flag("breaks_valid_calls", difference.breaks_valid_calls);
    json.end_object();
  });
}

void write(JsonWriter& json, const gap::SurfaceName& name) {
  json.begin_object();
  json.field("name", name.name);
  json.field("kind", to_string(name.kind));
  json.field("file", name.file);
  json.field("line", name.line);
  json.field("public_by", to_string(name.public_by));
  json.field("defined_as", name.defined_as);
  json.field("alias_of", name.alias_of);
  json.field("condition", name.condition);
  json.field("deprecated", name.deprecated);
  json.field("paths", name.paths);
  json.field("decorators", name.decorators);
  json.field("bases", name.bases);
  write_signatures(json, "signatures", name.signatures);
  json.end_object();
}

void write_unknown(JsonWriter& json, std::span<const gap::UnknownName> unknown) {
  json.list("unknown", unknown, [&](const gap::UnknownName& name) {
    json.begin_object();
    json.field("name", name.name);
    json.field("reason", name.reason);
    json.field("place", name.place);
    json.end_object();
  });
}

void write(JsonWriter& json, const gap::Patch& patch) {
  json.begin_object();
  json.field("target", patch.target);
  json.field("kind", to_string(patch.kind));
  json.field("file", patch.file);
  json.field("line", patch.line);
  json.field("how", patch.how);
  json.field("condition", patch.condition);
  json.flag("reached", patch.reached);
  json.flag("temporary", patch.temporary);
  json.field("replacement", patch.replacement);
  json.key("replacement_signature");
  if (patch.replacement_signatures.empty()) {
    json.null();
  } else {
    write(json, patch.replacement_signatures.front());
  }
  write_signatures(json, "replacement_signatures", patch.replacement_signatures);
  write_signatures(json, "original_signatures", patch.original_signatures);
  json.field("verdict", to_string(patch.comparison.verdict));
  write_differences(json, patch.comparison.differences);
  json.field("superseded_by", patch.superseded_by);
  json.end_object();
}

void write(JsonWriter& json, const gap::ChangedName& changed) {
  json.begin_object();
  json.field("name", changed.name);
  json.field("kind", to_string(changed.kind));
  json.flag("breaks_valid_calls", changed.breaks_valid_calls);
  json.field("because", changed.because);
  json.field("was", changed.was);
  json.field("now", changed.now);
  json.field("old_place", changed.old_place);
  json.field("new_place", changed.new_place);
  write_differences(json, changed.differences);
  json.end_object();
}

void write(JsonWriter& json, const gap::Change& change) {
  json.begin_object();
  json.field("cause", change.cause);
  json.field("kind", to_string(change.kind));
  json.field("summary", change.summary);
  json.flag("breaks_valid_calls", change.breaks_valid_calls);
  json.list("affects", change.affects,
            [&](const gap::ChangedName& changed) { write(json, changed); });
  json.field("also_affects", change.also_affects);
  json.end_object();
}

}  // namespace

void write_torch(JsonWriter& json, const gap::TorchIdentity& torch) {
  json.begin_object();
  json.field("version", torch.version);
  json.field("git", torch.git);
  json.field("platform", torch.platform);
  json.field("python", torch.python);
  json.field("cuda", torch.cuda);
  json.field("location", torch.location);
  json.end_object();
}

std::string to_json(const gap::Surface& surface) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("schema", kSchemaVersion);
  json.key("torch");
  write_torch(json, surface.torch);
  json.list("names", surface.names, [&](const gap::SurfaceName& name) { write(json, name); });
  write_unknown(json, surface.unknown);
  json.field("problems", surface.problems);
  json.end_object();
  return out;
}

std::string to_json(const gap::Overlay& overlay) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("schema", kSchemaVersion);
  json.field("subject", overlay.subject);
  json.key("torch");
  write_torch(json, overlay.torch);
  json.list("patches", overlay.patches, [&](const gap::Patch& patch) { write(json, patch); });
  json.list("unknown", overlay.unknown, [&](const gap::UnknownPatch& patch) {
    json.begin_object();
    json.field("what", patch.what);
    json.field("reason", patch.reason);
    json.field("place", patch.place);
    json.end_object();
  });
  json.field("problems", overlay.problems);
  json.end_object();
  return out;
}

std::string to_json(const gap::SurfaceDiff& diff) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("schema", kSchemaVersion);
  json.key("old");
  write_torch(json, diff.old_torch);
  json.key("new");
  write_torch(json, diff.new_torch);
  json.field("subject", diff.subject);
  json.list("changes", diff.changes, [&](const gap::Change& change) { write(json, change); });
  write_unknown(json, diff.unknown);
  json.field("problems", diff.problems);
  json.end_object();
  return out;
}

}  // namespace torchdevice::cli
