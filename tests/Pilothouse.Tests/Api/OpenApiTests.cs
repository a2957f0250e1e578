using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Contract;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

public sealed class OpenApiTests
{
    private static readonly string[] Methods = ["get", "post", "patch", "delete", "put"];

    [Fact]
    public async Task Every_route_is_in_the_document_and_HEAD_is_not_listed()
    {
        await using var server = await TestServer.StartAsync();
        var paths = (await server.GetAsync("/openapi/v1.json"))["paths"]!.AsObject();
        var routes = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(static endpoint => (Path: "/" + endpoint.RoutePattern.RawText!.Trim('/'), Methods: endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []))
            .Where(static route => route.Path.StartsWith("/api/", StringComparison.Ordinal) || route.Path.StartsWith("/health", StringComparison.Ordinal) || route.Path == "/metrics")
            .SelectMany(static route => route.Methods.Where(static method => method != "HEAD").Select(method => $"{method} {route.Path}"))
            .Order(StringComparer.Ordinal).ToList();
        var documented = paths.SelectMany(static path => path.Value!.AsObject().Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key}")).Order(StringComparer.Ordinal);
        Assert.Equal(routes, documented);
        Assert.All(paths, static path => Assert.All(path.Value!.AsObject(), static operation => Assert.Contains(operation.Key, Methods)));
    }

    /// <summary>
    /// In a process of its own, because what other tests sent would already have made the rules of their bodies in this one.
    /// </summary>
    [Fact]
    public async Task The_very_first_document_says_of_each_body_which_fields_are_required()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder, ("RATE_LIMIT_ENABLED", "false"));
        var schemas = (await server.Client.SendAsync("GET", "/openapi/v1.json")).Body["components"]!["schemas"]!.AsObject();
        var checkedBodies = 0;
        foreach (var input in typeof(Server).Assembly.GetTypes().Where(static type => type.GetInterfaces().Any(one => one.IsGenericType
            && one.GetGenericTypeDefinition() == typeof(IInput<>) && one.GenericTypeArguments[0] == type)))
        {
            var rules = (InputRules)input.GetProperty("Rules", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
            if (rules.Fields.Where(static rule => rule.Required).Select(static rule => rule.Field).Order(StringComparer.Ordinal).ToList() is { Count: > 0 } required)
            {
                List<string> documented = [.. (schemas[input.Name]!["required"]?.AsArray() ?? []).Select(static field => (string)field!).Order(StringComparer.Ordinal)];
                Assert.True(required.SequenceEqual(documented), $"{input.Name} requires {string.Join(", ", required)}; the document says {string.Join(", ", documented)}");
                checkedBodies++;
            }
        }

        Assert.True(checkedBodies >= 15, $"only {checkedBodies} bodies require a field");
    }

    /// <summary>The document is not rate-limited and takes 20 ms to make, so 500 requests would take ten seconds if it were not kept.</summary>
    [Fact]
    public async Task The_document_is_made_once_for_each_name_that_the_server_is_asked_by()
    {
        await using var server = await TestServer.StartAsync(("ALLOWED_HOSTS", "*"), ("RATE_LIMIT_ENABLED", "false"));
        async Task<string> AskAsync(string host)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json") { Headers = { Host = host } };
            using var answer = await server.Anonymous.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
            Assert.NotNull(answer.Content.Headers.ContentLength);
            return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        }

        var kept = new List<string>();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 0; i < 20; i++)
        {
            var text = await AskAsync($"host-{i}.example");
            Assert.Equal($"http://host-{i}.example", (string?)System.Text.Json.Nodes.JsonNode.Parse(text)!["servers"]![0]!["url"]);
            kept.Add(text);
        }

        // However slow the machine is, 500 kept documents take less than a hundred that are made.
        var aHundred = watch.Elapsed * 5;
        Assert.Equal(kept[3], await AskAsync("host-3.example"));
        watch.Restart();
        var all = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => AskAsync("host-3.example")));
        Assert.True(watch.Elapsed < aHundred, $"500 took {watch.Elapsed}, and a hundred that are made {aHundred}");
        Assert.All(all, text => Assert.Equal(kept[3], text));
        var (status, _) = await server.Anonymous.SendAsync("HEAD", "/openapi/v1.json");
        Assert.Equal(200, status);
    }

    [Fact]
    public async Task Every_operation_has_a_name_of_its_own_a_summary_a_tag_and_its_path_parameters()
    {
        await using var server = await TestServer.StartAsync();
        var operations = Operations(await server.GetAsync("/openapi/v1.json")).ToList();
        Assert.Equal(operations.Count, operations.Select(static operation => (string)operation.Item["operationId"]!).Distinct().Count());
        foreach (var (path, method, item) in operations)
        {
            var shown = $"{method} {path}";
            Assert.False(string.IsNullOrEmpty((string?)item["summary"]), shown);
            Assert.NotEmpty(item["tags"]!.AsArray());
            var named = item["parameters"]?.AsArray().Where(static parameter => (string?)parameter!["in"] == "path").Select(static parameter => $"{{{parameter!["name"]}}}") ?? [];
            Assert.Equal(path.Split('/').Where(static part => part.StartsWith('{')), named);
            var names = item["parameters"]?.AsArray().Select(static parameter => $"{parameter!["in"]} {parameter["name"]}").ToList() ?? [];
            Assert.True(names.Distinct().Count() == names.Count, shown);
        }
    }

    /// <summary>Asked without a body, an operation that takes one says that it is required, and every other one does not.</summary>
    [Fact]
    public async Task The_document_names_a_body_where_the_server_wants_one_and_nowhere_else()
    {
        await using var server = await TestServer.StartAsync();
        var bodies = 0;
        foreach (var (path, method, item) in Operations(await server.GetAsync("/openapi/v1.json")))
        {
            var asked = path.Replace("{id}", "999999", StringComparison.Ordinal).Replace("{name}", "x", StringComparison.Ordinal);
            using var response = await server.Client.RawAsync(method.ToUpperInvariant(), asked);
            var answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

            // Some operations answer no JSON, /metrics for one.
            var wants = response.StatusCode == System.Net.HttpStatusCode.BadRequest && (string?)JsonNode.Parse(answer)!["code"] == "body-required";
            Assert.True(wants == item["requestBody"] is not null, $"{method} {path} was answered {answer}");
            bodies += wants ? 1 : 0;
        }

        Assert.True(bodies >= 10, $"only {bodies} operations take a body");
    }

    [Fact]
    public async Task Every_failure_has_the_one_shape_and_every_success_a_shape()
    {
        await using var server = await TestServer.StartAsync();
        var document = await server.GetAsync("/openapi/v1.json");
        foreach (var (path, method, item) in Operations(document))
        {
            var statuses = item["responses"]!.AsObject();
            Assert.Contains(statuses, static status => status.Key is "200" or "201");
            foreach (var (status, response) in statuses)
            {
                if (path == "/metrics" && status == "200")
                {
                    Assert.Equal("string", (string?)response!["content"]!["text/plain"]!["schema"]!["type"]);
                    continue;
                }

                if (path == "/api/events" && status == "200")
                {
                    Assert.Equal("string", (string?)response!["content"]!["text/event-stream"]!["schema"]!["type"]);
                    continue;
                }

                var schema = response!["content"]?["application/json"]?["schema"];
                Assert.True(schema is not null, $"{method} {path} {status} has no shape");
                var fields = Resolve(document, schema)["properties"]!.AsObject().Select(static field => field.Key).ToList();
                Assert.NotEmpty(fields);
                Assert.True(status[0] == '2' || (path.StartsWith("/health", StringComparison.Ordinal) && status == "503") || fields is ["success", "error", "message", "code", "details"], $"{method} {path} {status}: {string.Join(' ', fields)}");
            }

            if (item["requestBody"] is not null)
            {
                Assert.True(statuses.ContainsKey("400") && statuses.ContainsKey("413") && statuses.ContainsKey("415"), $"{method} {path} takes a body");
            }
        }
    }

    /// <summary>
    /// Generators read an empty list as "send no credential". So every operation that looks at one lists the ways to send it, and where
    /// it answers without one too, an empty way besides.
    /// </summary>
    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task Every_reference_leads_somewhere_and_credentials_are_asked_for_where_they_are_needed(string readsNeedOne)
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", readsNeedOne));
        var document = await server.GetAsync("/openapi/v1.json");
        var schemas = document["components"]!["schemas"]!.AsObject();
        foreach (var reference in References(document))
        {
            Assert.True(schemas.ContainsKey(reference.Split('/')[^1]), reference);
        }

        foreach (var (path, method, item) in Operations(document))
        {
            using var answer = await server.Anonymous.RawAsync(method.ToUpperInvariant(), path.Replace("{id}", "1", StringComparison.Ordinal).Replace("{name}", "x", StringComparison.Ordinal), item["requestBody"] is null ? null : "{}"u8.ToArray());
            string[] ways = [.. item["security"]!.AsArray().Select(static way => string.Join('+', way!.AsObject().Select(static scheme => scheme.Key)))];
            string[] expected = (int)answer.StatusCode == 401 ? ["bearer", "apiKey", "session"]
                : path.StartsWith("/health", StringComparison.Ordinal) || path == "/api/auth/login" || path.Contains("/{name}", StringComparison.Ordinal) && path.StartsWith("/api/webhooks/", StringComparison.Ordinal) ? [] : ["", "bearer", "apiKey", "session"];
            Assert.True(ways.SequenceEqual(expected), $"{method} {path} answered {answer.StatusCode}, and the document says: {item["security"]!.ToJsonString()}");
            using var bad = await server.Anonymous.RawAsync(method.ToUpperInvariant(), path.Replace("{id}", "1", StringComparison.Ordinal).Replace("{name}", "x", StringComparison.Ordinal),
                item["requestBody"] is null ? null : "{}"u8.ToArray(), ("Authorization", "Bearer made-up"));
            Assert.True((int)bad.StatusCode != 401 || item["responses"]!["401"] is not null, $"{method} {path} answers 401 and does not list it");
        }
    }

    private static IEnumerable<(string Path, string Method, JsonObject Item)> Operations(JsonObject document) =>
        document["paths"]!.AsObject().SelectMany(static path => path.Value!.AsObject().Where(static item => Methods.Contains(item.Key)).Select(item => (path.Key, item.Key, item.Value!.AsObject())));

    private static JsonNode Resolve(JsonObject document, JsonNode schema) =>
        (string?)schema["$ref"] is { } reference ? document["components"]!["schemas"]![reference.Split('/')[^1]]! : schema;

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject item => item.SelectMany(static field => field.Key == "$ref" ? [(string)field.Value!] : References(field.Value)),
        JsonArray list => list.SelectMany(References),
        _ => [],
    };
}
