using System.Globalization;
using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>The current row of a result of PostgreSQL.</summary>
internal sealed class PostgresRow : Row
{
    /// <summary>The reader of the result.</summary>
    public NpgsqlDataReader Reader { get; set; } = null!;

    public override long Id(int column) => Whole(column) ?? 0;

    public override string? Text(int column)
    {
        if (Reader.IsDBNull(column))
        {
            return null;
        }

        var type = Reader.GetFieldType(column);
        return type == typeof(string) ? Reader.GetString(column)
            : type == typeof(DateTime) ? PostgresTimes.ToKey(Reader.GetDateTime(column))
            : type == typeof(decimal) ? Money(column)?.ToString(CultureInfo.InvariantCulture)
            : Convert.ToString(Reader.GetValue(column), CultureInfo.InvariantCulture);
    }

    public override long? Whole(int column)
    {
        if (Reader.IsDBNull(column))
        {
            return null;
        }

        var type = Reader.GetFieldType(column);
        return type == typeof(long) ? Reader.GetInt64(column)
            : type == typeof(int) ? Reader.GetInt32(column)
            : type == typeof(bool) ? (Reader.GetBoolean(column) ? 1 : 0)
            : type == typeof(decimal) && Reader.GetDecimal(column) is var number && number == decimal.Truncate(number) && number is >= long.MinValue and <= long.MaxValue
                ? (long)number
            : null;
    }

    public override double? Number(int column)
    {
        if (Reader.IsDBNull(column))
        {
            return null;
        }

        var type = Reader.GetFieldType(column);
        double? number = type == typeof(double) ? Reader.GetDouble(column)
            : type == typeof(decimal) ? Exact.ToDouble(Reader.GetDecimal(column))
            : Whole(column);
        return number is { } value && double.IsFinite(value) ? value : null;
    }

    public override decimal? Money(int column)
    {
        if (Reader.IsDBNull(column))
        {
            return null;
        }

        var type = Reader.GetFieldType(column);
        return type == typeof(decimal) ? Exact.Trim(Reader.GetDecimal(column))
            : type == typeof(double) ? Exact.ToDecimal(Reader.GetDouble(column))
            : Whole(column);
    }

    public override DateTimeOffset? Time(int column)
    {
        if (Reader.IsDBNull(column))
        {
            return null;
        }

        var type = Reader.GetFieldType(column);
        return type == typeof(DateTime) ? PostgresTimes.ToTime(Reader.GetDateTime(column))
            : type == typeof(string) && Timestamps.TryParse(Reader.GetString(column), out var time) ? time
            : null;
    }

    public override byte[] Bytes(int column) => Reader.IsDBNull(column) ? [] : Reader.GetFieldValue<byte[]>(column);
}
