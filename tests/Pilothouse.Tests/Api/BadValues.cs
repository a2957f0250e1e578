using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Pilothouse.Tests.Api;

/// <summary>One request that may be wrong.</summary>
internal sealed record BadRequest(string Method, string Path, byte[]? Body = null, string? ContentType = "application/json", string? IdempotencyKey = null);

/// <summary>Generates odd and wrong requests for every operation of an OpenAPI document.</summary>
internal sealed class BadValues(JsonObject document, int seed)
{
    private static readonly string[] JsonTexts =
    [
        "null", "true", "false", "0", "-0", "-1", "1", "1.5", "5.0", "01", "+1", ".5", "1.", "0x10", "1e400", "-1e400", "1e-400", "1e28", "1e29", "1e308",
        "79228162514264337593543950336", "0.00000000000000000000000000001", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
        "12345678901234567890123456789", "1." + "0123456789" + "0123456789" + "0123456789", "NaN", "Infinity", "-Infinity", "undefined", "'a'",
        "\"\"", "\" \"", "\"text\"", "\"NaN\"", "\"Infinity\"", "\"1\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\u202e\\ufffe\"", "\"\\ud83d\\ude00\"",
        "\"'; DROP TABLE signals; --\"", "\"%' OR 1=1 --\"", "\"../../etc/passwd\"", "\"<script>alert(1)</script>\"", "\"a\\nb\\u001b[31m\"", "\"\\x\"",
        "[]", "[1]", "[null]", "[[]]", "{}", "{\"a\":1}", "[\"\\ud800\"]", "[\"read\",7]",
        "\"2026-13-45\"", "\"soon\"", "\"9999-12-31T23:59:59Z\"", "\"0001-01-01T00:00:00+14:00\"", "\"2026-03-02T12:00:00+99:99\"", "\"2026-03-02T12\"", "\"2026-03-01 00:00:00.1234567890\"",
    ];

    private static readonly string[] QueryTexts =
    [
        "", "abc", "0", "-1", "1", "999999999999", "99999999999999999999", "1e3", "1.5", "NaN", "null", "%00", "a%00b", "%FF%FE", "%ED%A0%80", "%zz", "%", "%20", "+", "'%20OR%201=1--",
        "%F0%9F%98%80", "2026-13-01", "2026-02-30", "2026-03-02T12:00:00+01:00", "2026-03-02T12:00:00%2B01:00", "9999-12-31", "0001-01-01", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00",
        "../../etc/passwd", "/etc/passwd", "Europe/Berlin", "BUY", "all", "open", "c2lnbmFsc3wxfHg", "eA", "c2lnbmFsc3w5OTk5OTk5OTk5OTk5OTk5OTk5OTl8", "c2lnbmFsc3wxfAA", "....", "-_-_", "=", "%2F%2F",
    ];

    private static readonly string[] PathTexts = ["0", "-1", "abc", "1.5", "9223372036854775807", "9223372036854775808", "99999999999999999999999", "%20", "%FF", "..%2F1", "a%2Fb", "'--", "%F0%9F%98%80", "0x1", "+1", "\u0661"];

    private readonly Random random = new(seed);

    /// <summary>Every request, in a fixed order.</summary>
    public IEnumerable<BadRequest> All()
    {
        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in item!.AsObject())
            {
                var requests = Operation(path, method.ToUpperInvariant(), operation!.AsObject());
                foreach (var request in requests)
                {
                    yield return request;
                }
            }

            foreach (var method in new[] { "PUT", "TRACE", "OPTIONS", "FOO", "PATCH", "POST", "GET", "DELETE" }.Where(method => item[method.ToLowerInvariant()] is null))
            {
                yield return new(method, Fill(path, "0"), method == "GET" ? null : "{}"u8.ToArray());
            }
        }

        foreach (var path in new[] { "/", "//", "/api", "/api/", "/api/nothing", "/API/SIGNALS/none", "/api/signals/", "/api/signals/%2e%2e/keys", "/%2e%2e/%2e%2e/etc/passwd", "/api/signals;x=1", "/openapi/v2.json", "/openapi/%00x", "/docs/../x", "/" + new string('a', 4000) })
        {
            yield return new("GET", path);
            yield return new("POST", path, "{}"u8.ToArray());
        }
    }

    private IEnumerable<BadRequest> Operation(string path, string method, JsonObject operation)
    {
        var parameters = (operation["parameters"]?.AsArray() ?? []).Select(static parameter => ((string)parameter!["in"]!, (string)parameter["name"]!)).ToList();
        var body = operation["requestBody"] is null ? null : Sample(operation);
        var standard = Fill(path, "0");
        var bytes = body is null ? null : Bytes(body);
        foreach (var (_, name) in parameters.Where(static parameter => parameter.Item1 == "query"))
        {
            foreach (var text in QueryTexts)
            {
                yield return new(method, $"{standard}?{name}={text}", bytes);
            }

            yield return new(method, $"{standard}?{name}=1&{name}=2", bytes);
            yield return new(method, $"{standard}?{name}[]=1&{name.ToUpperInvariant()}=x&unknown=1&&=", bytes);
            yield return new(method, $"{standard}?{name}={new string('9', 3000)}", bytes);
            yield return new(method, $"{standard}?from_date=2026-03-02&to_date=2026-03-01&{name}=1", bytes);
        }

        foreach (var text in path.Contains('{', StringComparison.Ordinal) ? [.. PathTexts, new string('7', 3000)] : Array.Empty<string>())
        {
            yield return new(method, Fill(path, text), bytes);
        }

        if (body is null)
        {
            yield return new(method, standard, method is "GET" or "DELETE" ? null : "{\"a\":"u8.ToArray());
            yield break;
        }

        foreach (var request in Bodies(body))
        {
            yield return request with { Method = method, Path = standard };
        }
    }

    private IEnumerable<BadRequest> Bodies(JsonObject good)
    {
        var text = good.ToJsonString();
        foreach (var name in good.Select(static field => field.Key).ToList())
        {
            foreach (var value in JsonTexts.Concat([$"\"{new string('x', 300)}\"", $"\"{new string('\u00e4', 20_000)}\"", new string('9', 200), "[" + string.Join(',', Enumerable.Repeat("1", 20_000)) + "]"]))
            {
                yield return Json(With(good, name, value));
            }

            yield return Json(With(good, name, null));
            yield return Json($"{{\"{name}\":1,{text[1..]}");
            yield return Json($"{text[..^1]},\"\\u{(int)name[0]:x4}{name[1..]}\":1}}");
            var broken = Encoding.UTF8.GetBytes(With(good, name, "\"ab\""));
            broken[broken.AsSpan().LastIndexOf("ab"u8)] = 0xFF;
            yield return new("", "", broken);
        }

        string[] whole =
        [
            "null", "[]", "\"text\"", "1", "true", " ", "{", "}", "{}", "{}{}", "[{}]", text + ",", text + " x", text[..^1] + ",}", "/*c*/" + text, "\uFEFF" + text, "{\"a\\ud800\":1}", "{\"\":1}", "{\"__proto__\":{},\"constructor\":1}",
            string.Concat(Enumerable.Repeat("[", 10_000)), string.Concat(Enumerable.Repeat("{\"a\":", 10_000)), text[..^1] + ",\"deep\":" + new string('[', 40) + new string(']', 40) + "}",
            "{" + string.Join(',', Enumerable.Range(0, 5_000).Select(static i => string.Create(CultureInfo.InvariantCulture, $"\"f{i}\":{i}"))) + "}",
            "{" + string.Join(',', Enumerable.Range(0, 100).Select(static i => string.Create(CultureInfo.InvariantCulture, $"\"f{i % 60}\":{i}"))) + "}",
        ];
        foreach (var json in whole)
        {
            yield return Json(json);
        }

        foreach (var type in new[] { null, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=utf-16", "application/json;charset=\"", "application/problem+json", "*/*", "json", "" })
        {
            yield return new("", "", Bytes(good), type);
        }

        yield return new("", "", []);
        yield return new("", "");
        yield return new("", "", Encoding.Unicode.GetBytes(text));
        yield return Json("{\"x\":\"" + new string('y', 10 * 1024 * 1024) + "\"}");
        foreach (var key in new[] { "", " ", new string('k', 255), new string('k', 256), "a\tb", "same", "same" })
        {
            yield return Json(text) with { IdempotencyKey = key };
        }

        for (var i = 4; i < text.Length; i += 7)
        {
            yield return Json(text[..i]);
        }

        for (var i = 0; i < 200; i++)
        {
            var bytes = Bytes(good);
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            yield return new("", "", bytes);
        }
    }

    /// <summary>A body that is valid according to the OpenAPI document.</summary>
    private JsonObject Sample(JsonObject operation)
    {
        var schema = Resolve(operation["requestBody"]!["content"]!["application/json"]!["schema"]!);
        var body = new JsonObject();
        foreach (var (name, field) in schema["properties"]?.AsObject() ?? [])
        {
            body[name] = SampleOf(Resolve(field!));
        }

        return body;
    }

    private JsonNode SampleOf(JsonNode field)
    {
        if (field["enum"] is JsonArray choices)
        {
            return choices[0]!.DeepClone();
        }

        var type = field["type"] is JsonArray several ? (string)several.First(static one => (string)one! != "null")! : (string?)field["type"];
        return type switch
        {
            "integer" or "number" => 1,
            "boolean" => true,
            "array" => new JsonArray(field["items"] is { } items ? SampleOf(Resolve(items)) : "read"),
            "object" => new JsonObject(),
            _ => (string?)field["format"] == "date-time" ? "2026-03-02T11:00:00Z" : "A/B",
        };
    }

    private JsonNode Resolve(JsonNode schema)
    {
        if ((string?)schema["$ref"] is { } reference)
        {
            return document["components"]!["schemas"]![reference.Split('/')[^1]]!;
        }

        return schema["oneOf"] is JsonArray one ? Resolve(one.First(static option => option!["$ref"] is not null)!) : schema;
    }

    private static string With(JsonObject good, string name, string? value) =>
        "{" + string.Join(',', good.Where(field => value is not null || field.Key != name).Select(field => $"\"{field.Key}\":{(field.Key == name ? value : field.Value?.ToJsonString() ?? "null")}")) + "}";

    private static BadRequest Json(string json) => new("", "", Encoding.UTF8.GetBytes(json));

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private static string Fill(string path, string value) => path.Contains('{', StringComparison.Ordinal) ? string.Concat(path.AsSpan(0, path.IndexOf('{', StringComparison.Ordinal)), value, path.AsSpan(path.IndexOf('}', StringComparison.Ordinal) + 1)) : path;
}
