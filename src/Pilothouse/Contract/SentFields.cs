using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace Pilothouse.Contract;

/// <summary>
/// A change that keeps which of its fields were sent: a field that is not sent stays, and null clears it. Its properties have setters and
/// not init, because the generated reader calls a setter only for a field that was sent.
/// </summary>
/// <typeparam name="TFields">The flags of its fields, an enum of 32 bits.</typeparam>
internal abstract record SentFields<TFields>
    where TFields : struct, Enum
{
    /// <summary>The fields that were sent.</summary>
    [JsonIgnore]
    public TFields Fields { get; private set; }

    /// <summary>Whether any of the fields was sent.</summary>
    public bool Has(TFields fields) => (Bits(Fields) & Bits(fields)) != 0;

    /// <summary>Notes that a field was sent.</summary>
    /// <returns>Its value.</returns>
    protected T Sent<T>(T value, TFields field)
    {
        Fields = Unsafe.BitCast<int, TFields>(Bits(Fields) | Bits(field));
        return value;
    }

    private static int Bits(TFields fields) => Unsafe.BitCast<TFields, int>(fields);
}
