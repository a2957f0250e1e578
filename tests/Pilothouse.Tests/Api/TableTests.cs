using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>
/// Checks every table that clients post to, without a line for each: its columns are those of the database, and what is sent for each of
/// them is stored in it and comes back.
/// </summary>
public sealed class TableTests
{
    public static TheoryData<string> Names => [.. RecordTables.Declared.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Rows of tables that others name by an id, for the tables that name them.</summary>
    private static readonly (string Table, string Columns, string Values)[] Referred =
    [
        ("spike_events", "trading_pair, spike_type, direction, magnitude_percent, timeframe_minutes, price_from, price_to", "'A/B', 'volume', 'pump', 5, 15, 1, 2"),
        ("circuit_breaker_events", "triggered_at, trigger_reason, trigger_type, status", "'2026-01-01 00:00:00', 'a', 'manual', 'cleared'"),
        ("trades", "trading_pair, side, entry_price, quantity", "'A/B', 'BUY', 1, 1"),
        ("chart_analyses", "trading_pair, timeframe", "'A/B', '1h'"),
    ];

    [Fact]
    public async Task Every_record_that_can_be_posted_has_a_table()
    {
        await using var server = await TestServer.StartAsync();
        var tables = RecordTables.Declared.Values.Select(static table => table.Input).ToHashSet();
        var records = server.Services.GetServices<Feature>().SelectMany(feature => feature.Operations(server.Services)).OfType<WriteOperation>()
            .Where(static write => write is { Method: "POST", Audited: Audited.AsRecord, TargetName: null } && !write.Path.EndsWith("/batch", StringComparison.Ordinal)).ToList();
        Assert.Contains(records, static write => write.Name == "createSignal");
        Faults.None(records.Where(write => !tables.Contains(write.Input!)).Select(static write => $"{write.Name} takes {write.Input!.Name}, which no static field of the type Table declares"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Its_columns_are_those_of_the_database(string name)
    {
        await using var server = await TestServer.StartAsync();
        var stored = server.Sql(TestEngine.IsPostgres
            ? $"SELECT coalesce(string_agg(column_name || ' ' || coalesce(domain_name, udt_name), ','), '') FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{name}'"
            : $"SELECT coalesce(group_concat(name || ' ' || type, ','), '') FROM pragma_table_info('{name}')")!
            .Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static column => column.Split(' ')).ToDictionary(static column => column[0], static column => column[1]);
        Assert.True(stored.Remove("id"), $"{name} is not in the database, or has no id: add a migration.");

        // A time that another program may write has its UTC in a column beside it (docs/decisions/0027).
        Faults.None(RecordTables.Declared[name].Columns.Where(static column => column is { Kind: ColumnKind.Time, IsComputed: false } && !TestEngine.IsPostgres).Select(static column => column.Name + ForeignTimes.Suffix)
            .Select(column => stored.Remove(column) ? null : $"{name}.{column} is missing: a migration must add it beside its time, and ForeignTimes.Tables name that time"));
        Faults.None(stored.Keys.Except(RecordTables.Declared[name].Columns.Select(static column => column.Name)).Select(column => $"{name}.{column} is in the database, and its Table does not declare it"));
        Faults.None(RecordTables.Declared[name].Columns.Select(column => !stored.TryGetValue(column.Name, out var type) ? $"{name}.{column.Name} is declared, and no migration adds it"
            : !TypesOf(column).Contains(type) ? $"{name}.{column.Name} is declared as {column.Kind}, and a migration makes it {type} instead of {TypesOf(column)[0]}" : null));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_column_is_of_the_kind_of_its_field(string name)
    {
        var table = RecordTables.Declared[name];
        var types = (table.Record ?? table.Input).GetProperties().ToDictionary(
            static field => field.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(field.Name),
            static field => Nullable.GetUnderlyingType(field.PropertyType) ?? field.PropertyType);
        Faults.None(table.Columns.Where(column => types.TryGetValue(column.Name, out var type) && type != ValueTypeOf(column.Kind))
            .Select(column => $"{name}.{column.Name} is declared as {column.Kind}, whose values are {ValueTypeOf(column.Kind).Name}, and its field is {types[column.Name].Name}"));
        Assert.True(table.Columns.Where(column => !column.IsComputed || table.Record is not null).All(column => types.ContainsKey(column.Name)), $"{name} has columns whose fields are called otherwise");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_is_sent_for_each_column_is_stored_in_it_and_comes_back(string name)
    {
        await using var server = await TestServer.StartAsync();
        var table = RecordTables.Declared[name];
        var (path, sent, id) = await PostAsync(server, table);
        var columns = table.Columns.Where(static column => !column.IsComputed).ToList();
        foreach (var column in columns)
        {
            var stored = TestEngine.IsPostgres ? server.Sql($"SELECT {column.Name} FROM {name} WHERE id = {id}")! : await Tool.SqliteAsync(server.DatabasePath, $"SELECT {(column.Kind is ColumnKind.Text or ColumnKind.Time or ColumnKind.Json ? column.Name : $"printf('%!.17g', {column.Name})")} FROM {name} WHERE id = {id}");
            Assert.True(IsSame(column, sent[column.Name]!, stored), $"{name}.{column.Name}: {sent[column.Name]} was sent, {stored} is stored");
        }

        if (table.Record is null)
        {
            return;
        }

        var record = await FindAsync(server, path, sent, id);
        Assert.Equal(table.Columns.Select(static column => column.Name).Prepend("id").Concat(MadeWhenRead(table)).Order(), record.Select(static field => field.Key).Order());
        Assert.All(columns, column => Assert.True(IsSame(column, sent[column.Name]!, record[column.Name]!.ToString()), $"{name}.{column.Name}: {sent[column.Name]} was sent, {record[column.Name]} came back"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_filter_finds_its_record_and_no_other(string name)
    {
        await using var server = await TestServer.StartAsync();
        var table = RecordTables.Declared[name];
        var (path, sent, id) = await PostAsync(server, table);
        foreach (var column in table.Columns.Where(column => column.Filter is not null && table.Record is not null))
        {
            var value = Uri.EscapeDataString(sent[column.Name]!.ToString());
            var needed = QueryOf(ListOf(server, path), sent, parameter => parameter.IsRequired && parameter.Name != column.Name);
            Assert.Contains(id, Ids(await server.Client.SendAsync("GET", $"{path}?{column.Name}={value}&{needed}")));
            var other = OtherOf(column, sent[column.Name]!);
            Assert.DoesNotContain(id, Ids(await server.Client.SendAsync("GET", $"{path}?{column.Name}={other}&{needed}")));
        }
    }

    /// <summary>Other programs write their own spelling into the file: Long, buy, OPEN. What this API takes as one word, a filter finds as that word.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_word_that_another_program_spelled_otherwise_is_found_as_the_word_that_it_is(string name)
    {
        await using var server = await TestServer.StartAsync();
        var table = RecordTables.Declared[name];
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

    [Fact]
    public void Every_column_that_holds_an_id_says_of_which_table() => Faults.None(
        from table in RecordTables.Declared.Values
        from column in table.Columns
        where column.Kind == ColumnKind.Whole && column.Name.EndsWith("_id", StringComparison.Ordinal) && column.References is null
        select $"{table.Name}.{column.Name} holds an id: declare it with Column.Reference and its table.");

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_record_that_names_a_row_which_is_not_stored_is_refused(string name)
    {
        await using var server = await TestServer.StartAsync();
        var table = RecordTables.Declared[name];
        var (path, sent, _) = await PostAsync(server, table);
        var stored = server.Sql($"SELECT count(*) FROM {name}");
        foreach (var column in table.Columns.Where(static column => column is { References: not null, IsComputed: false }))
        {
            var body = sent.DeepClone().AsObject();
            body[column.Name] = 4711;
            body.Remove("external_id");
            var (status, answer) = await server.Client.SendAsync("POST", path, body.ToJsonString());
            Assert.Equal((400, column.Name), (status, (string?)answer["details"]![0]!["field"]));
            Assert.Equal(stored, server.Sql($"SELECT count(*) FROM {name}"));
        }
    }

    /// <summary>Fields of a record that cannot be set: they are made from others when it is read, and have no column.</summary>
    private static IEnumerable<string> MadeWhenRead(Table table) => table.Record!.GetProperties()
        .Where(static field => field.GetCustomAttribute<JsonIgnoreAttribute>() is null && field.SetMethod?.IsPublic != true)
        .Select(static field => JsonNamingPolicy.SnakeCaseLower.ConvertName(field.Name));

    private static IEnumerable<string> Spellings(Choices choices) => choices.All.Concat(choices.Also.Keys)
        .SelectMany(static word => new[] { word, word.ToUpperInvariant(), word.ToLowerInvariant(), word[..1].ToUpperInvariant() + word[1..].ToLowerInvariant() }).Distinct();

    /// <summary>Posts a record with a different value in every field.</summary>
    private static async Task<(string Path, JsonObject Sent, long Id)> PostAsync(TestServer server, Table table)
    {
        var route = Routes(server, "POST").SingleOrDefault(endpoint => endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType == table.Input);
        Assert.True(route is not null, $"No route takes {table.Input.Name}, the input of {table.Name}: its feature needs a Write operation, and its line in Features() of Server.cs.");
        var path = PathOf(route);
        if (path.Contains('{'))
        {
            // It is a part of a trade.
            var trade = await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1000,"timestamp":"2026-01-01"}""");
            path = path[..path.IndexOf('{')] + trade["trade_id"] + path[(path.IndexOf('}') + 1)..];
        }

        for (var i = 0; i < 3; i++)
        {
            await server.PostAsync("/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""");
        }

        if (table.Name != "agent_decisions")
        {
            server.Sql("INSERT INTO agent_decisions(agent_name, agent_role, decision_type, decision) VALUES ('a', 'b', 'c', 'd'), ('a', 'b', 'c', 'd')");
        }

        foreach (var (referred, columns, values) in Referred.Where(row => table.Columns.Any(column => column.References?.Table == row.Table)))
        {
            server.Sql($"INSERT INTO {referred}({columns}) VALUES ({values}), ({values})");
        }

        server.Sql("INSERT INTO bot_controls(bot_name, state) VALUES ('*', 'running'), ('*', 'running')");
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

    /// <summary>Returns a value that the column accepts and that no other column of the record has.</summary>
    private static JsonNode ValueOf(Column column, int number)
    {
        var share = number / 64.0;
        return column switch
        {
            { MostWords: not null } => new JsonArray("A1", "B2"),
            { MayBeAhead: true } => TestServer.Start.AddYears(70).AddMinutes(number).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            { IsPair: true } => $"P{number}/USDC",
            { Choices: { } choices } => choices.All[^1],

            // The only text of a form of its own is a timeframe.
            { Problem: not null } => $"{number}m",
            { Kind: ColumnKind.Text } => $"text {number}"[^Math.Min(column.Longest, $"text {number}".Length)..],
            { References: not null } => 2,
            { Kind: ColumnKind.Whole } => Math.Min(Math.Max(column.Least, 0) + number, column.Most),
            { Kind: ColumnKind.Json } => new JsonObject { [$"text {number}"] = new JsonArray(number, null, "é\"") },
            { Kind: ColumnKind.Money } => 100m + number + 0.25m,
            { Kind: ColumnKind.Number, Bounds: ({ } least, { } most) } => least + ((most - least) * share),
            { Kind: ColumnKind.Number, Bounds: ({ } least, null) } => least + number + share,
            { Kind: ColumnKind.Number, Bounds: (null, { } most) } => most - number - share,
            { Kind: ColumnKind.Number } => number + share,
            _ => TestServer.Start.AddDays(-1).AddMinutes(number).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>Another value that the column takes.</summary>
    private static string OtherOf(Column column, JsonNode sent)
    {
        var other = column switch
        {
            { Kind: ColumnKind.Whole } => Math.Min(4294967297, column.Most - 1).ToString(CultureInfo.InvariantCulture),
            { Choices: { } choices } => choices.All[0],
            { Problem: not null } => "999m",
            _ => "other"[^Math.Min(column.Longest, 5)..],
        };
        Assert.NotEqual(other, sent.ToString());
        return other;
    }

    /// <summary>
    /// The types that such a column may have. In a file they are those of the seed's tables: SQLite converts text that looks like a number if
    /// the type is numeric.
    /// </summary>
    private static string[] TypesOf(Column column) => column.Kind switch
    {
        ColumnKind.Text => [TestEngine.IsPostgres ? "text" : "TEXT"],
        ColumnKind.Json => [TestEngine.IsPostgres ? "jsonb" : "TEXT"],
        ColumnKind.Whole => [TestEngine.IsPostgres ? "int8" : "INTEGER"],
        ColumnKind.Time => [TestEngine.IsPostgres ? "timestamptz" : "DATETIME"],
        ColumnKind.Money when TestEngine.IsPostgres => ["amount"],
        ColumnKind.Number when TestEngine.IsPostgres => ["float8"],
        _ => ["REAL", "INTEGER"],
    };

    private static Type ValueTypeOf(ColumnKind kind) => kind switch
    {
        ColumnKind.Text => typeof(string),
        ColumnKind.Whole => typeof(long),
        ColumnKind.Number => typeof(double),
        ColumnKind.Money => typeof(decimal),
        ColumnKind.Json => typeof(JsonElement),
        _ => typeof(DateTimeOffset),
    };

    private static bool IsSame(Column column, JsonNode sent, string stored) => column.Kind switch
    {
        ColumnKind.Text when column.MostWords is not null => JsonNode.DeepEquals(sent, JsonNode.Parse(stored)),
        ColumnKind.Text => string.Equals(sent.ToString(), stored, column.InCapitals is null && column.Choices is null ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase),
        ColumnKind.Json => JsonNode.DeepEquals(sent, JsonNode.Parse(stored)),
        ColumnKind.Time => Timestamps.TryParse(stored, out var time) && Timestamps.TryParse(sent.ToString(), out var meant) && time == meant,
        _ => double.Parse(sent.ToString(), CultureInfo.InvariantCulture).Equals(double.Parse(stored, CultureInfo.InvariantCulture)),
    };

    /// <summary>Reads the record from its list or as the newest one. A filter that has a default value is sent with the record's value.</summary>
    private static async Task<JsonObject> FindAsync(TestServer server, string path, JsonObject sent, long id)
    {
        var query = QueryOf(ListOf(server, path), sent, static parameter => parameter.IsRequired || parameter.Default is not null);
        var (status, body) = await server.Client.SendAsync("GET", $"{path}?{query}");
        Assert.Equal(200, status);
        return Records(body).Single(record => (long)record["id"]! == id);
    }

    private static RouteEndpoint ListOf(TestServer server, string path)
    {
        var list = Routes(server, "GET").SingleOrDefault(endpoint => IsAt(PathOf(endpoint), path));
        Assert.True(list is not null, $"No GET {path} answers what POST {path} stores: its feature needs a Read operation.");
        return list;
    }

    /// <summary>Those of its parameters that are chosen, with the values that were sent.</summary>
    private static string QueryOf(RouteEndpoint list, JsonObject sent, Func<QueryParameter, bool> isChosen) => string.Join('&', list.Metadata.GetOrderedMetadata<QueryShape>()
        .SelectMany(static shape => shape.Parameters).Where(parameter => isChosen(parameter) && sent.ContainsKey(parameter.Name))
        .Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(sent[parameter.Name]!.ToString())}"));

    private static IEnumerable<RouteEndpoint> Routes(TestServer server, string method) =>
        server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains(method) == true);

    /// <summary>Whether the path is one of the route's, whose parts in braces stand for any text.</summary>
    private static bool IsAt(string route, string path) =>
        route.Split('/') is var parts && path.Split('/') is var names && parts.Length == names.Length
        && parts.Zip(names).All(static pair => pair.First.StartsWith('{') ? long.TryParse(pair.Second, out _) : pair.First == pair.Second);

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
