namespace Pilothouse.Operations;

/// <summary>Every operation of the server, made once for all doors.</summary>
internal sealed class OperationList(IEnumerable<Feature> features, IServiceProvider parts)
{
    private readonly Dictionary<Feature, Operation[]> byFeature = features.ToDictionary(static feature => feature, feature => feature.Operations(parts).ToArray());

    /// <summary>The operations of a feature, in the order in which it declares them.</summary>
    public IReadOnlyList<Operation> Of(Feature feature) => byFeature[feature];

    /// <summary>The operation with this name.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public Operation Named(string name) => Find(name) ?? throw new InvalidOperationException($"No feature declares an operation {name}.");

    /// <summary>The operation with this name; null if there is none.</summary>
    public Operation? Find(string name) => byFeature.Values.SelectMany(static operations => operations).FirstOrDefault(operation => operation.Name == name);
}
