using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Models;

/// <summary>The operations on checkpoints of models.</summary>
internal sealed class ModelFeature : Feature
{
    public override string Tag => "Models";

    public override string About => "Checkpoints of trained models.";

    public override IJsonTypeInfoResolver Json => ModelJson.Default;

    public override void AddServices(IServiceCollection services) => services.AddSingleton<ModelService>();

    public override IEnumerable<EventSource> Events(IServiceProvider parts) => [EventSource.Of(ModelStore.Table, ModelJson.Default.ModelCheckpoint, "model")];

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var models = parts.GetRequiredService<ModelService>();
        yield return new Read<Page<ModelCheckpoint>>("listModels", "GET /api/models", "Checkpoints of models, newest first", ModelJson.Default.PageModelCheckpoint, ListAsync)
        {
            Query = new([QueryParameter.Limit(50), QueryParameter.Cursor, CsvExport.Format, .. ModelStore.Table.Filters, QueryParameter.From, QueryParameter.To]),
            PerMinute = 100,
            Csv = new CsvExport<ModelCheckpoint>("models.csv", parts.GetRequiredService<Database>(), ModelJson.Default.ModelCheckpoint, ListAsync),
        };

        yield return new Read<One<ModelCheckpoint>>("getModel", "GET /api/models/{id}", "One checkpoint of a model", ModelJson.Default.OneModelCheckpoint,
            static async (session, call, _) => new(true, await ModelStore.FindAsync(session, call.Id)))
        { MayFindNothing = true, PerMinute = 300 };

        var create = new Write<NewModelCheckpoint, ModelStored>("createModel", "POST /api/models", "Store a checkpoint of a model",
            ModelJson.Default.NewModelCheckpoint, ModelJson.Default.ModelStored, async (session, call, model) =>
            {
                var id = await models.RecordAsync(session, call.Caller, model);
                return Answer.Created(new ModelStored(true, "Model stored successfully", id), ModelStore.Table, id, model);
            })
        { Audited = Audited.AsRecord, PerMinute = 100 };
        yield return create;
        yield return create.Batch("createModels", "Store up to 5,000 checkpoints of models, all or none");
    }

    private static ValueTask<Page<ModelCheckpoint>> ListAsync(Session session, Call call, QueryValues query) =>
        ModelStore.List.PageAsync(session, query, query.Whole("limit"), ModelStore.Table.Read);
}
