using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pilothouse.Auth;
using Pilothouse.Operations;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Operations;

/// <summary>What is easily forgotten when an operation is added. None of these tests has a line for a single operation.</summary>
public sealed partial class OperationTests
{
    [Fact]
    public async Task Every_body_and_answer_can_be_written_by_the_published_program()
    {
        await using var server = await TestServer.StartAsync();

        // The published program cannot use reflection, unlike the tests.
        var generated = server.Services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions.TypeInfoResolverChain.Where(static resolver => resolver is not DefaultJsonTypeInfoResolver).ToList();
        var options = new JsonSerializerOptions();
        var missing = Operations(server)
            .SelectMany(static operation => operation.Answers.Select(static answer => answer.Type).Concat(operation is WriteOperation { Input: { } input } ? [input] : []).Select(type => (operation.Name, Type: type)))
            .Where(used => generated.TrueForAll(resolver => resolver.GetTypeInfo(used.Type, options) is null))
            .Select(static used => $"{used.Name} needs [JsonSerializable(typeof({Written(used.Type)}))] in the JSON context of its feature");
        Faults.None(missing);
    }

    [Fact]
    public async Task Every_feature_is_one_of_the_server()
    {
        await using var server = await TestServer.StartAsync();
        var served = server.Services.GetServices<Feature>().Select(static feature => feature.GetType());
        var written = typeof(Server).Assembly.GetTypes().Where(static type => !type.IsAbstract && type.IsAssignableTo(typeof(Feature)));
        Faults.None(written.Except(served).Select(static type => $"{type.Name} needs its place in Features() of Server.cs"));
    }

    [Fact]
    public async Task Every_operation_has_a_name_and_a_route_of_its_own()
    {
        await using var server = await TestServer.StartAsync();
        var operations = Operations(server).ToList();
        Assert.Equal(operations.Count, operations.Select(static operation => operation.Name).Distinct().Count());
        Assert.Equal(operations.Count, operations.Select(static operation => $"{operation.Method} {operation.Path}").Distinct().Count());
        Assert.All(operations, static operation => Assert.Matches("^[a-z][a-zA-Z]+$", operation.Name));
    }

    [Fact]
    public async Task Every_record_that_can_be_posted_can_be_posted_many_at_once()
    {
        await using var server = await TestServer.StartAsync();
        var operations = Operations(server).OfType<WriteOperation>().ToList();
        var batches = operations.Select(static operation => operation.Path).Where(static path => path.EndsWith("/batch", StringComparison.Ordinal)).ToHashSet();

        // What needs the scope control is no record but a switch; what is computed takes all its assets at once.
        var records = operations.Where(static operation => operation is { Method: "POST", TargetName: null, HoldsSecret: false, Scope: not Scopes.Control, Name: not "computeCorrelations" } && !operation.Path.EndsWith("/batch", StringComparison.Ordinal));
        Faults.None(records.Where(record => !batches.Contains(record.Path + "/batch"))
            .Select(static record => $"{record.Name} can be posted one at a time only: its feature needs `yield return create.Batch(...)`, as SignalFeature has"));
    }

    /// <summary>By the examples of the document.</summary>
    [Fact]
    public async Task Every_record_takes_a_credential_and_is_stored_once_for_one_key()
    {
        await using var server = await TestServer.StartAsync();
        var bodies = await ExampleBodies.OfAsync(server);
        foreach (var write in Operations(server).OfType<WriteOperation>().Where(static write => write is { Method: "POST", Audited: Audited.AsRecord, TargetName: null }))
        {
            var body = bodies[$"POST {write.Path}"];
            Assert.True(body is not null, $"{write.Name} has no example of its body in the Examples.json of its feature");
            Assert.Equal(401, (await server.Anonymous.SendAsync("POST", write.Path, body)).Status);
            var before = Rows(server);
            var (status, first) = await server.Client.SendAsync("POST", write.Path, body, ("Idempotency-Key", "again"));
            Assert.True(status == 201, $"{write.Name} answered {status}: {first.ToJsonString()}");
            var once = Rows(server);
            Assert.True(once == before + 1, $"{write.Name} stored {once - before} rows in tables that are declared");
            var (_, again) = await server.Client.SendAsync("POST", write.Path, body, ("Idempotency-Key", "again"));
            Assert.Equal(first.ToJsonString(), again.ToJsonString());
            Assert.Equal(once, Rows(server));
            Assert.Equal(400, (await server.Client.SendAsync("POST", write.Path, """{"no_such_field":1}""")).Status);
            Assert.Equal(once, Rows(server));
        }

        static long Rows(TestServer server) =>
            RecordTables.Declared.Keys.Sum(table => long.Parse(server.Sql($"SELECT count(*) FROM {table}")!, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task The_test_of_the_script_calls_every_route()
    {
        await using var server = await TestServer.StartAsync();
        var script = await File.ReadAllTextAsync(Repository.PathOf("start_mcp_server.sh"), TestContext.Current.CancellationToken);
        script = Loop().Matches(script).Aggregate(script, static (all, loop) =>
            loop.Groups[1].Value.Split(' ').Aggregate(all, (text, path) => text + loop.Groups[2].Value.Replace("$path", path, StringComparison.Ordinal)));
        var called = Check().Matches(script).Select(static check => $"{check.Groups[1].Value} {Target().Replace(check.Groups[2].Value.Split('?')[0], "/{}")}").ToHashSet();
        var routes = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(static route => route.RoutePattern.RawText!.Trim('/').StartsWith("api/", StringComparison.Ordinal))
            .Select(static route => $"{route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0]} /{Parameter().Replace(route.RoutePattern.RawText!.Trim('/'), "{}")}");
        Faults.None(routes.Except(called).Select(static route => $"start_mcp_server.sh needs a line `check {route} key 200` in test_endpoints; a POST of records goes into its loop over paths"));
    }

    private static IEnumerable<Operation> Operations(TestServer server) => server.Services.GetServices<Feature>().SelectMany(feature => feature.Operations(server.Services));

    private static string Written(Type type) =>
        type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Written))}>" : type.Name;

    [GeneratedRegex(@"for path in ([\w /-]+); do\n(.*?)  done", RegexOptions.Singleline)]
    private static partial Regex Loop();

    [GeneratedRegex(@"check ([A-Z]+) [\x22']?(/[^\s\x22']*)")]
    private static partial Regex Check();

    [GeneratedRegex("/(?:0|none)(?=/|$)")]
    private static partial Regex Target();

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Parameter();
}
