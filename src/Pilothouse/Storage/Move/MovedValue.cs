using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Pilothouse.Storage.Move;

/// <summary>One value of a row that is moved. The kind is that of its column; null is a value of every kind.</summary>
internal readonly struct MovedValue
{
    private static readonly long Epoch = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    private readonly decimal money;
    private readonly string? text;

    private MovedValue(long whole, decimal money, string? text)
    {
        Whole = whole;
        this.money = money;
        this.text = text;
        HasValue = true;
    }

    public static MovedValue Null => default;

    public bool HasValue { get; }

    /// <summary>The whole number; of a time the microseconds since 2000, where the smallest and the largest number stand for -infinity and
    /// infinity; of a double its bits.</summary>
    public long Whole { get; }

    public double Number => BitConverter.Int64BitsToDouble(Whole);

    public decimal Money => money;

    /// <summary>The text, also that of JSON.</summary>
    public string Text => text ?? "";

    /// <summary>Whether a time is one that a calendar of four digits has.</summary>
    public bool IsOrdinaryTime =>
        Whole >= -Epoch / TimeSpan.TicksPerMicrosecond && Whole <= (DateTime.MaxValue.Ticks - Epoch) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The moment of an ordinary time, in UTC.</summary>
    public DateTime Time => new(Epoch + (Whole * TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc);

    public static MovedValue OfWhole(long whole) => new(whole, 0, null);

    /// <summary>A SQLite file does not keep the sign of zero, so it means nothing here.</summary>
    public static MovedValue OfNumber(double number) => new(BitConverter.DoubleToInt64Bits(number == 0 ? 0.0 : number), 0, null);

    /// <summary>Trailing zeros of an amount mean nothing, and neither does the sign of zero.</summary>
    public static MovedValue OfMoney(decimal money) => new(0, money == 0 ? 0m : Exact.Trim(money), null);

    public static MovedValue OfText(string text) => new(0, 0, text);

    /// <summary>A moment, cut to the microsecond: PostgreSQL stores no more, and the server answers no more.</summary>
    public static MovedValue OfTime(DateTimeOffset time)
    {
        var (micros, rest) = Math.DivRem(time.UtcTicks - Epoch, TimeSpan.TicksPerMicrosecond);
        return OfMicroseconds(rest < 0 ? micros - 1 : micros);
    }

    /// <summary>A time in microseconds since 2000.</summary>
    public static MovedValue OfMicroseconds(long micros) => new(micros, 0, null);

    /// <summary>
    /// Adds the canonical text of the value: a letter for its kind, the length in bytes, the text. It is the same on both engines if and
    /// only if the value means the same.
    /// </summary>
    /// <param name="into">Where the text is added.</param>
    /// <param name="kind">The kind of the column.</param>
    public void AppendTo(ArrayBufferWriter<byte> into, MovedKind kind)
    {
        if (!HasValue)
        {
            into.Write("0;"u8);
            return;
        }

        if (kind is MovedKind.Text or MovedKind.Json)
        {
            AppendText(into, kind == MovedKind.Json ? 'j' : 'x', kind == MovedKind.Json ? JsonForm.Of(Text) : Text);
            return;
        }

        Span<byte> digits = stackalloc byte[64];
        var length = 0;
        _ = kind switch
        {
            MovedKind.Money => money.TryFormat(digits, out length, provider: CultureInfo.InvariantCulture),
            MovedKind.Number => Utf8Formatter.TryFormat(Whole, digits, out length, new StandardFormat('X')),
            _ => Utf8Formatter.TryFormat(Whole, digits, out length),
        };
        Begin(into, kind switch { MovedKind.Money => 'm', MovedKind.Number => 'n', MovedKind.Time => 't', _ => 'w' }, length);
        into.Write(digits[..length]);
    }

    /// <summary>The value for people: a key in a report.</summary>
    public string ToString(MovedKind kind) => !HasValue ? "null" : kind switch
    {
        MovedKind.Whole => Whole.ToString(CultureInfo.InvariantCulture),
        MovedKind.Number => Number.ToString(CultureInfo.InvariantCulture),
        MovedKind.Money => money.ToString(CultureInfo.InvariantCulture),
        MovedKind.Time => IsOrdinaryTime ? Timestamps.ToAnswer(Time) : Whole > 0 ? "infinity" : "-infinity",
        _ => Text,
    };

    private static void AppendText(ArrayBufferWriter<byte> into, char letter, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Begin(into, letter, length);
        into.Advance(Encoding.UTF8.GetBytes(text, into.GetSpan(length)));
    }

    private static void Begin(ArrayBufferWriter<byte> into, char letter, int length)
    {
        var head = into.GetSpan(16);
        head[0] = (byte)letter;
        Utf8Formatter.TryFormat(length, head[1..], out var digits);
        head[digits + 1] = (byte)':';
        into.Advance(digits + 2);
    }
}
