# Prints a line for each place where an input breaks the schema $schema, which is an array with one of schemas/*.schema.json: as much
# of JSON Schema 2020-12 as these use. A keyword that is not known here is told, too.
#
#     jq -r --slurpfile schema SCHEMA -f schema.jq INPUT
$schema[0] as $root |
def known: ["type", "properties", "required", "additionalProperties", "items", "enum", "minimum", "maximum", "description", "title",
  "$schema", "$defs", "$ref", "pattern", "format", "minItems", "uniqueItems", "oneOf", "not", "anyOf", "dependentRequired",
  "dependentSchemas"];
def resolved: if has("$ref") then $root["$defs"][.["$ref"] | ltrimstr("#/$defs/")] else . end;
def is($wanted): type as $is | $wanted == $is or ($wanted == "integer" and $is == "number" and . == floor);
def check($schema; $path):
  . as $value | type as $type | ($schema | resolved) as $s |
  def fits($other): [$value | check($other; $path)] == [];
  def of_number: ($s.minimum | values | select($value < .) | "\($path): \($value) is below \(.)"),
    ($s.maximum | values | select($value > .) | "\($path): \($value) is above \(.)");
  def of_string: $s.pattern | values | select(. as $pattern | $value | test($pattern) | not) | "\($path): does not match \(.)";
  def of_array: ($s.minItems | values | select($value | length < $s.minItems) | "\($path): has less than \(.) items"),
    (select($s.uniqueItems and ($value | unique | length) < ($value | length)) | "\($path): has an item twice"),
    (select($s.items) | range($value | length) as $i | $value[$i] | check($s.items; "\($path)[\($i)]"));
  def of_object: ($s.required // [] | .[] | select(. as $key | $value | has($key) | not) | "\($path).\(.): is missing"),
    ($s.dependentRequired // {} | to_entries[] | select(.key as $key | $value | has($key)) | .value[] |
      select(. as $key | $value | has($key) | not) | "\($path).\(.): is missing"),
    ($s.dependentSchemas // {} | to_entries[] | select(.key as $key | $value | has($key)) | .value as $other | $value | check($other; $path)),
    ($value | keys_unsorted[] as $key | if ($s.properties // {} | has($key)) then .[$key] | check($s.properties[$key]; "\($path).\($key)")
      else select($s.additionalProperties == false) | "\($path).\($key): is not in the schema" end);
  (($s | keys_unsorted) - known | .[] | "\($path): the schema says \(.)"),
  ($s.format | values | select(. != "date-time") | "\($path): the schema says format \(.)"),
  ($s.type | values | select([.] | flatten | any(. as $wanted | $value | is($wanted)) | not) | "\($path): is no \(.)"),
  ($s.enum | values | select(any(.[]; . == $value) | not) | "\($path): \($value) is none of \(.)"),
  ($s.oneOf | values | map(select(fits(.))) | select(length != 1) | "\($path): fits \(length) of oneOf"),
  ($s.anyOf | values | select(any(.[]; fits(.)) | not) | "\($path): fits none of anyOf"),
  ($s.not | values | select(fits(.)) | "\($path): fits what it must not"),
  (select($type == "number") | of_number), (select($type == "string") | of_string), (select($type == "array") | of_array),
  (select($type == "object") | of_object);
check($root; "")
