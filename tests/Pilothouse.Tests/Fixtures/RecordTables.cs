using System.Reflection;
using Pilothouse.Contract;
using Pilothouse.Storage.Migrations;

namespace Pilothouse.Tests.Fixtures;

/// <summary>Every table of records, found without a line for each.</summary>
internal static class RecordTables
{
    /// <summary>Those that features declare, by name.</summary>
    public static IReadOnlyDictionary<string, Table> Declared { get; } = typeof(Server).Assembly.GetTypes()
        .SelectMany(static type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        .Where(static one => one.FieldType.IsAssignableTo(typeof(Table)))
        .Select(static one => (Table)one.GetValue(null)!)
        .ToDictionary(static table => table.Name);

    /// <summary>Those, and the seed's, some of which no feature writes yet.</summary>
    public static IEnumerable<string> Names => Declared.Keys.Union(SeedSchema.Tables.Keys).Order(StringComparer.Ordinal);
}
