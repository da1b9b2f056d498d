# Prints a line for each place where the input breaks the schema $schema: as much of JSON Schema as schemas/report.schema.json uses.
# A keyword that is not known here is told, too.
$schema[0] as $root |
def resolved: if has("$ref") then $root["$defs"][.["$ref"] | ltrimstr("#/$defs/")] else . end;
def is($wanted): type as $is | $wanted == $is or ($wanted == "integer" and $is == "number" and . == floor);
def check($schema; $path):
  . as $value | ($schema | resolved) as $s |
  (($s | keys[]) | select(IN("type", "properties", "required", "additionalProperties", "items", "enum", "minimum", "description",
    "title", "$schema", "$defs", "$ref") | not) | "\($path): the schema says \(.)"),
  (select($s.type) | select([$s.type] | flatten | any(. as $wanted | $value | is($wanted)) | not) | "\($path): is no \($s.type)"),
  (select($s.enum) | select([$value] | inside($s.enum) | not) | "\($path): \($value) is none of \($s.enum)"),
  (select($s.minimum) | select($value < $s.minimum) | "\($path): \($value) is below \($s.minimum)"),
  (select(type == "array" and $s.items) | range(length) as $i | .[$i] | check($s.items; "\($path)[\($i)]")),
  (select(type == "object") |
    ($s.required // [] | .[] | select(. as $key | $value | has($key) | not) | "\($path).\(.): is missing"),
    (keys[] as $key | if ($s.properties // {} | has($key)) then .[$key] | check($s.properties[$key]; "\($path).\($key)")
                      else select($s.additionalProperties == false) | "\($path).\($key): is not in the schema" end));
check($root; "")
