using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>
/// Holds every table that clients post to, without a line of its own: its columns are those of the database, and what is sent for each of
/// them is stored in it and comes back.
/// </summary>
public sealed class TableTests
{
    public static TheoryData<string> Names => [.. Tables.Keys.Order(StringComparer.Ordinal)];

    private static Dictionary<string, Table> Tables => typeof(Server).Assembly.GetTypes()
        .SelectMany(static type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        .Where(static one => one.FieldType.IsAssignableTo(typeof(Table)))
        .Select(static one => (Table)one.GetValue(null)!)
        .ToDictionary(static table => table.Name);

    [Fact]
    public void The_tables_of_all_features_are_found() =>
        Assert.Equal(
            ["bot_status", "chart_analyses", "correlation_data", "cost_analytics", "market_context", "signals", "trades"], Tables.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Its_columns_are_those_of_the_database(string name)
    {
        await using var server = await TestServer.StartAsync();
        var stored = server.Sql($"SELECT group_concat(name, ' ') FROM (SELECT name FROM pragma_table_info('{name}') ORDER BY name)");

        // A time that another program may write has its UTC in a column beside it (docs/decisions/0027).
        var times = Tables[name].Columns.Where(static column => column is { Kind: ColumnKind.Time, IsComputed: false }).Select(static column => column.Name + ForeignTimes.Suffix);
        Assert.Equal(stored, string.Join(' ', Tables[name].Columns.Select(static column => column.Name).Append("id").Concat(times).Order(StringComparer.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_is_sent_for_each_column_is_stored_in_it_and_comes_back(string name)
    {
        await using var server = await TestServer.StartAsync();
        var table = Tables[name];
        var (path, sent, id) = await PostAsync(server, table);
        var columns = table.Columns.Where(static column => !column.IsComputed).ToList();
        foreach (var column in columns)
        {
            var stored = await Tool.SqliteAsync(server.DatabasePath, $"SELECT {(column.Kind is ColumnKind.Text or ColumnKind.Time ? column.Name : $"printf('%!.17g', {column.Name})")} FROM {name} WHERE id = {id}");
            Assert.True(IsSame(column, sent[column.Name]!, stored), $"{name}.{column.Name}: {sent[column.Name]} was sent, {stored} is stored");
        }

        if (table.Record is null)
        {
            return;
        }

        var record = await FindAsync(server, path, sent, id);
        Assert.Equal(table.Columns.Select(static column => column.Name).Prepend("id").Order(), record.Select(static field => field.Key).Order());
        Assert.All(columns, column => Assert.True(IsSame(column, sent[column.Name]!, record[column.Name]!.ToString()), $"{name}.{column.Name}: {sent[column.Name]} was sent, {record[column.Name]} came back"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_filter_finds_its_record_and_no_other(string name)
    {
        await using var server = await TestServer.StartAsync();
        var table = Tables[name];
        var (path, sent, id) = await PostAsync(server, table);
        foreach (var column in table.Columns.Where(column => column.Filter is not null && table.Record is not null))
        {
            var value = Uri.EscapeDataString(sent[column.Name]!.ToString());
            Assert.Contains(id, Ids(await server.Client.SendAsync("GET", $"{path}?{column.Name}={value}")));
            var other = column.Kind == ColumnKind.Whole ? "4294967297" : column.Choices is { } choices ? choices.All[0] : "other";
            Assert.NotEqual(other, sent[column.Name]!.ToString());
            Assert.DoesNotContain(id, Ids(await server.Client.SendAsync("GET", $"{path}?{column.Name}={other}")));
        }
    }

    /// <summary>Other programs write their own spelling into the file: Long, buy, OPEN. What this API takes as one word, a filter finds as that word.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_word_that_another_program_spelled_otherwise_is_found_as_the_word_that_it_is(string name)
    {
        await using var server = await TestServer.StartAsync();
        var table = Tables[name];
        var filtered = table.Columns.Where(column => column is { Filter: not null, Choices: not null } && table.Record is not null).ToList();
        if (filtered.Count == 0)
        {
            return;
        }

        var (path, sent, id) = await PostAsync(server, table);
        var bot = path == "/api/bot-status" ? $"&bot_name={sent["bot_name"]}" : "";
        foreach (var (column, word) in filtered.SelectMany(static column => Spellings(column.Choices!), static (column, word) => (column, word)))
        {
            server.Sql($"UPDATE {name} SET {column.Name} = '{word}' WHERE id = {id}");
            foreach (var asked in column.Choices!.All.Concat(column.Choices.Also.Keys))
            {
                var found = Ids(await server.Client.SendAsync("GET", $"{path}?{column.Name}={asked}{bot}")).Contains(id);
                Assert.True(found == (column.Choices.Find(asked) == column.Choices.Find(word)), $"{column.Name}={asked} and a row that has {word}: found is {found}");
            }
        }
    }

    private static IEnumerable<string> Spellings(Choices choices) => choices.All.Concat(choices.Also.Keys)
        .SelectMany(static word => new[] { word, word.ToUpperInvariant(), word.ToLowerInvariant(), word[..1].ToUpperInvariant() + word[1..].ToLowerInvariant() }).Distinct();

    /// <summary>Posts a record that has a value of its own in every field.</summary>
    private static async Task<(string Path, JsonObject Sent, long Id)> PostAsync(TestServer server, Table table)
    {
        var path = PathOf(Routes(server, "POST").Single(endpoint => endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType == table.Input));
        for (var i = 0; i < 3; i++)
        {
            await server.PostAsync("/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""");
        }

        var body = new JsonObject();
        for (var i = 0; i < table.Columns.Count; i++)
        {
            if (!table.Columns[i].IsComputed)
            {
                body[table.Columns[i].Name] = ValueOf(table.Columns[i], i + 1);
            }
        }

        var (status, answer) = await server.Client.SendAsync("POST", path, body.ToJsonString());
        Assert.True(status == 201, answer.ToJsonString());
        return (path, body, (long)answer.Single(static field => field.Key.EndsWith("_id", StringComparison.Ordinal)).Value!);
    }

    /// <summary>A value that the column takes, and that no other column of the record has.</summary>
    private static JsonNode ValueOf(Column column, int number)
    {
        var share = number / 64.0;
        return column switch
        {
            { IsPair: true } => $"P{number}/USDC",
            { Choices: { } choices } => choices.All[^1],
            { Kind: ColumnKind.Text } => $"text {number}",
            { Kind: ColumnKind.Whole, Name: "signal_id" } => 2,
            { Kind: ColumnKind.Whole } => Math.Max(column.Least, 0) + number,
            { Kind: ColumnKind.Money } => 100m + number + 0.25m,
            { Kind: ColumnKind.Number, Bounds: ({ } least, { } most) } => least + ((most - least) * share),
            { Kind: ColumnKind.Number } => number + share,
            _ => TestServer.Start.AddDays(-1).AddMinutes(number).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
        };
    }

    private static bool IsSame(Column column, JsonNode sent, string stored) => column.Kind switch
    {
        ColumnKind.Text => string.Equals(sent.ToString(), stored, column.InCapitals is null && column.Choices is null ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase),
        ColumnKind.Time => Timestamps.TryParse(stored, out var time) && Timestamps.TryParse(sent.ToString(), out var meant) && time == meant,
        _ => double.Parse(sent.ToString(), CultureInfo.InvariantCulture).Equals(double.Parse(stored, CultureInfo.InvariantCulture)),
    };

    /// <summary>Asks for it where its list, or the newest record, is read. A filter that has a value even when it is left out is given the record's.</summary>
    private static async Task<JsonObject> FindAsync(TestServer server, string path, JsonObject sent, long id)
    {
        var parameters = Routes(server, "GET").Single(endpoint => PathOf(endpoint) == path).Metadata.GetOrderedMetadata<QueryShape>().SelectMany(static shape => shape.Parameters);
        var query = string.Join('&', parameters.Where(parameter => parameter.Default is not null && sent.ContainsKey(parameter.Name)).Select(parameter => $"{parameter.Name}={sent[parameter.Name]}"));
        var (status, body) = await server.Client.SendAsync("GET", $"{path}?{query}");
        Assert.Equal(200, status);
        return Records(body).Single(record => (long)record["id"]! == id);
    }

    private static IEnumerable<RouteEndpoint> Routes(TestServer server, string method) =>
        server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains(method) == true);

    private static string PathOf(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText!.Trim('/');

    private static IEnumerable<long> Ids((int Status, JsonObject Body) answer) =>
        answer.Status == 404 ? [] : answer.Status == 200 ? Records(answer.Body).Select(static record => (long)record["id"]!) : throw new InvalidOperationException(answer.Body.ToJsonString());

    private static IEnumerable<JsonObject> Records(JsonObject body) => body["data"] switch
    {
        JsonArray list => list.Select(static record => record!.AsObject()),
        JsonObject one => [one],
        _ => [],
    };
}
