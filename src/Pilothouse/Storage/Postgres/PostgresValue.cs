using Npgsql;
using NpgsqlTypes;

namespace Pilothouse.Storage.Postgres;

/// <summary>
/// The value of a parameter. It becomes an object of Npgsql when it is sent, because a batch of 1,000 records has some 20,000 of them, and
/// most of these go as one array.
/// </summary>
internal readonly struct PostgresValue
{
    /// <summary>A text, bytes or an amount of money. An amount in the value itself would make every value two thirds larger.</summary>
    private readonly object? reference;
    private readonly long bits;

    /// <summary>0, which is no type, in a value that was never set.</summary>
    private readonly NpgsqlDbType type;

    /// <summary>The type Unknown lets PostgreSQL choose the type by the column, such as jsonb.</summary>
    public PostgresValue(string? value) => (type, reference, HasValue) = (NpgsqlDbType.Unknown, value, value is not null);

    public PostgresValue(long? value) => (type, bits, HasValue) = (NpgsqlDbType.Bigint, value.GetValueOrDefault(), value is not null);

    public PostgresValue(double? value) => (type, bits, HasValue) = (NpgsqlDbType.Double, BitConverter.DoubleToInt64Bits(value.GetValueOrDefault()), value is not null);

    public PostgresValue(decimal? value) => (type, reference, HasValue) = (NpgsqlDbType.Numeric, value, value is not null);

    /// <param name="value">A time in UTC.</param>
    public PostgresValue(DateTime? value) => (type, bits, HasValue) = (NpgsqlDbType.TimestampTz, value.GetValueOrDefault().Ticks, value is not null);

    public PostgresValue(ReadOnlyMemory<byte> value) => (type, reference, HasValue) = (NpgsqlDbType.Bytea, value, true);

    /// <summary>The type; that of a value that was never set is not known.</summary>
    public NpgsqlDbType Type => type == default ? NpgsqlDbType.Unknown : type;

    /// <summary>Whether it was set, and not to null.</summary>
    public bool HasValue { get; }

    public string? Text => (string?)reference;

    public long? Whole => HasValue ? bits : null;

    public double? Number => HasValue ? BitConverter.Int64BitsToDouble(bits) : null;

    public decimal? Money => (decimal?)reference;

    public DateTime? Time => HasValue ? new DateTime(bits, DateTimeKind.Utc) : null;

    public byte[]? Bytes => HasValue ? ((ReadOnlyMemory<byte>)reference!).ToArray() : null;

    /// <summary>Returns the parameter of a statement for one row.</summary>
    public NpgsqlParameter ToParameter() => !HasValue ? new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = Type } : Type switch
    {
        NpgsqlDbType.Bigint => Parameter(bits),
        NpgsqlDbType.Double => Parameter(BitConverter.Int64BitsToDouble(bits)),
        NpgsqlDbType.Numeric => Parameter((decimal)reference!),
        NpgsqlDbType.TimestampTz => Parameter(new DateTime(bits, DateTimeKind.Utc)),
        NpgsqlDbType.Bytea => Parameter((ReadOnlyMemory<byte>)reference!),
        _ => Parameter((string)reference!),
    };

    private NpgsqlParameter<T> Parameter<T>(T value) => new() { TypedValue = value, NpgsqlDbType = Type };
}
