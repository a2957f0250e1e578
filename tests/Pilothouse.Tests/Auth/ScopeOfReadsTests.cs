using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Contract;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Auth;

/// <summary>Which scope a GET needs: every route, held to the credential that its row in docs/api.md names.</summary>
public sealed partial class ScopeOfReadsTests
{
    private static readonly string[] Scopes = ["read", "write", "control"];

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task Every_read_needs_the_one_scope_that_its_row_names(string required)
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", required));
        var documented = Row().Matches(File.ReadAllText(Repository.PathOf("docs", "api.md"))).ToDictionary(static row => row.Groups["path"].Value, static row => row.Groups["needs"].Value);
        var paths = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(static endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains("GET") == true)
            .Select(static endpoint => (Path: "/" + endpoint.RoutePattern.RawText!.Trim('/'), Query: QueryOf(endpoint)))
            .Where(static read => read.Path.StartsWith("/api", StringComparison.Ordinal) || read.Path == "/metrics").ToList();
        Assert.True(paths.Count > 10);
        var clients = new List<(string Scope, HttpClient Client)> { ("none", server.Anonymous) };
        foreach (var scope in Scopes)
        {
            clients.Add((scope, server.ClientWithKey(await server.CreateKeyAsync(scope, scope))));
        }

        foreach (var (path, query) in paths)
        {
            var needs = documented[path];
            foreach (var (scope, client) in clients)
            {
                foreach (var method in new[] { "GET", "HEAD" })
                {
                    using var answer = await client.RawAsync(method, path.Replace("{id}", "1", StringComparison.Ordinal) + query);
                    var isOpen = needs is "–" or "any" || scope == needs || (needs == "read" && required == "false");
                    var status = (int)answer.StatusCode;
                    Assert.True(isOpen ? status is 200 or 404 : status == (scope == "none" ? 401 : 403), $"{method} {path} needs {needs}, and a key with {scope} got {status}");
                }
            }
        }
    }

    /// <summary>A value for each parameter that the endpoint requires. "1m" is a timeframe, and also a pair.</summary>
    private static string QueryOf(RouteEndpoint endpoint) => "?" + string.Join('&', endpoint.Metadata.GetOrderedMetadata<QueryShape>()
        .SelectMany(static shape => shape.Parameters).Where(static parameter => parameter.IsRequired).Select(static parameter => $"{parameter.Name}=1m"));

    [Fact]
    public async Task A_login_reads_all_and_an_unknown_path_is_unknown_to_every_key()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        using var owner = server.ClientWithKey(await server.LoginAsync());
        foreach (var path in new[] { "/api/signals", "/api/keys", "/api/backups", "/metrics" })
        {
            using var answer = await owner.RawAsync("GET", path);
            Assert.Equal(200, (int)answer.StatusCode);
        }

        using var control = server.ClientWithKey(await server.CreateKeyAsync("c", "control"));
        Assert.Equal(404, (await control.SendAsync("GET", "/api/nothing")).Status);
        Assert.Equal(401, (await server.Anonymous.SendAsync("GET", "/api/nothing")).Status);
    }

    [GeneratedRegex(@"^\| GET \| `(?<path>[^`]+)` \| (?<needs>[^|]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
