using Pilothouse.Storage;
using Pilothouse.Storage.Postgres;

namespace Pilothouse.Tests.Storage;

/// <summary>How the words of a statement are written for PostgreSQL, and what is known of it.</summary>
public sealed class PostgresSqlTests
{
    [Theory]
    [InlineData("SELECT a FROM t WHERE b = @b AND c = @c AND d = @b", "SELECT a FROM t WHERE b = $1 AND c = $2 AND d = $1")]
    [InlineData("SELECT a FROM t WHERE (@b IS NULL OR b = @b)", "SELECT a FROM t WHERE ($1 OR b = $2)")]
    [InlineData("SELECT time_of(newest.timestamp) FROM t AS newest", "SELECT newest.timestamp FROM t AS newest")]
    [InlineData("SELECT a FROM t ORDER BY time_key(timestamp), unindexed:id", "SELECT a FROM t ORDER BY coalesce(timestamp,'-infinity'::timestamptz), id")]
    [InlineData("UPDATE t SET set_time(closed_at, @at), b = 1", "UPDATE t SET closed_at = $1, b = 1")]
    [InlineData("SELECT a FROM t WHERE has_time(timestamp)", "SELECT a FROM t WHERE timestamp IS NOT NULL")]
    public void Words_and_parameters_are_written_for_postgresql(string text, string expected) => Assert.Equal(expected, new PostgresSql(text).Text);

    [Fact]
    public void A_word_around_anything_but_a_column_throws() =>
        Assert.Throws<ArgumentException>(static () => new PostgresSql("SELECT time_key(lower(x)) FROM t"));

    [Theory]
    [InlineData("SELECT a FROM one JOIN two ON b = c WHERE EXISTS (SELECT 1 FROM three)", "one Read, two Read, three Read", true)]
    [InlineData("INSERT INTO one(a) VALUES (@a) RETURNING id", "one Insert", true)]
    [InlineData("INSERT INTO one(a) VALUES (@a) ON CONFLICT (a) DO UPDATE SET b = excluded.b", "one Insert", false)]
    [InlineData("INSERT INTO one(a) SELECT b FROM two", "one Insert, two Read", false)]
    [InlineData("UPDATE one SET a = (SELECT max(b) FROM two)", "one Change, two Read", false)]
    [InlineData("DELETE FROM one AS old WHERE a = 1", "one Change", false)]
    public void It_knows_what_a_statement_does_with_its_tables(string text, string uses, bool returnsRows)
    {
        var sql = new PostgresSql(text);
        Assert.Equal(uses, string.Join(", ", sql.Uses.Select(static use => $"{use.Table} {use.Use}")));
        Assert.Equal(returnsRows, sql.ReturnsRows);
    }

    [Fact]
    public void Every_statement_of_the_program_has_a_form_for_postgresql() => Assert.All(
        typeof(Sql).Assembly.GetTypes().Where(static type => !type.ContainsGenericParameters)
            .SelectMany(static type => type.GetFields(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic))
            .Where(static field => field.FieldType == typeof(Sql)).Select(static field => (Sql)field.GetValue(null)!),
        static sql => Assert.NotEmpty(sql.ForPostgres.Text));

    [Theory]
    [InlineData("", "0001-01-01 00:00:00")]
    [InlineData("2026-03", "2026-03-01 00:00:00")]
    [InlineData("2026-03-02 12:00:00.123456", "2026-03-02 12:00:00.123456")]
    [InlineData("\uffff", "9999-12-31 23:59:59.9999999")]
    [InlineData("not a time", "9999-12-31 23:59:59.9999999")]
    public void A_sortable_time_bounds_a_search(string key, string expected) =>
        Assert.Equal(DateTime.ParseExact(expected, "yyyy-MM-dd HH:mm:ss.FFFFFFF", System.Globalization.CultureInfo.InvariantCulture), PostgresTimes.OfKey(key));
}
