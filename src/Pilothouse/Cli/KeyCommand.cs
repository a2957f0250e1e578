using System.CommandLine;
using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Keys;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Cli;

/// <summary>
/// The command <c>pilothouse key</c>: API keys, and the hash of the PIN. It works on the file, whether a server runs or not.
/// </summary>
internal static class KeyCommand
{
    public static Command Create() => new("key", "API keys for bots and agents.") { CreateKey(), ListKeys(), RevokeKey(), HashPin() };

    private static Command CreateKey()
    {
        var name = new Option<string>("--name") { Description = "What the key is for; shown in lists and logs.", Required = true, Validators = { static result => CheckName(result, "--name") } };
        var scopes = new Option<string>("--scopes") { Description = "read, write, control; separated by commas.", DefaultValueFactory = static _ => "read,write" };
        scopes.Validators.Add(static result =>
        {
            var sent = result.GetValueOrDefault<string>() ?? "";
            if (Names(sent) is var names && (names.Length == 0 || names.Any(static scope => ApiKeys.ScopeNames.Find(scope) is null)))
            {
                result.AddError($"--scopes {sent}: allowed are {ApiKeys.ScopeNames}, separated by commas.");
            }
        });
        var bot = new Option<string?>("--bot-name") { Description = "The only bot that this key may write for.", Validators = { static result => CheckName(result, "--bot-name") } };
        var days = new Option<long?>("--expires-in-days")
        {
            Description = "After how many days it ends; never, where it is left out.",
            CustomParser = static result => Shell.WholeNumber(result, "--expires-in-days", 1, 36_500),
        };
        var agent = new Option<bool>("--agent") { Description = "An AI agent holds it: what CONSENT_FOR names waits for a person." };
        var command = new Command("create", "Make a key. It is shown once.") { name, scopes, bot, days, agent };
        command.SetAction((parsed, _) => CommandDatabase.WithAsync("key create", async (settings, database, log) =>
        {
            var clock = TimeProvider.System;
            DateTimeOffset? ends = parsed.GetValue(days) is { } count ? clock.GetUtcNow().AddDays(count) : null;
            var (id, key) = await database.WriteAsync(async session =>
            {
                var made = await new ApiKeys(settings, clock).CreateAsync(session, parsed.GetRequiredValue(name), Names(parsed.GetRequiredValue(scopes)), parsed.GetValue(bot), ends, parsed.GetValue(agent));
                await AuditAsync(session, settings, AuditedWork.CreateApiKey, made.Id, null);
                return made;
            });
            Shell.Say(string.Create(CultureInfo.InvariantCulture, $"API key {id} was made. It is not shown again:"));
            Shell.Print(key);
            log.Done(string.Create(CultureInfo.InvariantCulture, $"API key {id} was made: {parsed.GetRequiredValue(name)}, {parsed.GetRequiredValue(scopes)}, {(ends is null ? "without an end" : $"until {Shell.Show(ends)}")}"));
            return Shell.Good;
        }));
        return command;
    }

    private static Command ListKeys()
    {
        var command = new Command("list", "Every key, without the keys themselves.");
        command.SetAction(static (_, _) => CommandDatabase.WithAsync("key list", static async (_, database, _) =>
        {
            var keys = await database.ReadAsync(CredentialStore.ListKeysAsync);
            Shell.PrintTable(["id", "name", "scopes", "bot", "agent", "made", "ends", "revoked"], keys.Select(static key => new[]
            {
                key.Id.ToString(CultureInfo.InvariantCulture), PrintableText.Name(key.Name), key.Scopes, PrintableText.Name(key.BotName ?? ""), key.IsAgent ? "yes" : "", Shell.Show(key.CreatedAt), Shell.Show(key.ExpiresAt), Shell.Show(key.RevokedAt),
            }));
            return Shell.Good;
        }));
        return command;
    }

    private static Command RevokeKey()
    {
        var id = new Argument<long>("ID")
        {
            Description = "The key's id, from `key list`.",
            CustomParser = static result => Shell.WholeNumber(result, "ID"),
        };
        var command = new Command("revoke", "End a key at once.") { id };
        command.SetAction((parsed, _) => CommandDatabase.WithAsync("key revoke", async (settings, database, log) =>
        {
            var number = parsed.GetValue(id);
            var found = await database.WriteAsync(async session =>
            {
                var before = await CredentialStore.FindKeyAsync(session, number);
                var isThere = await CredentialStore.RevokeKeyAsync(session, number, TimeProvider.System.GetUtcNow());
                if (isThere)
                {
                    await AuditAsync(session, settings, AuditedWork.RevokeApiKey, number, before);
                }

                return isThere;
            });
            Shell.Say(found ? $"API key {number} is revoked." : $"There is no API key {number}; `pilothouse key list` shows them.");
            if (found)
            {
                log.Done($"API key {number} is revoked.");
            }

            return found ? Shell.Good : Shell.Failed;
        }));
        return command;
    }

    private static Command HashPin()
    {
        var pin = new Argument<string>("PIN") { Description = "Six digits." };
        var command = new Command("hash-pin", "Print a hash that may stand in BOT_CONTROL_PIN in place of the PIN.") { pin };
        command.SetAction(parsed =>
        {
            var text = parsed.GetRequiredValue(pin);
            if (!PinHash.IsPin(text))
            {
                Shell.Say("A PIN is exactly 6 digits.");
                return Shell.WrongUse;
            }

            Shell.Print($"BOT_CONTROL_PIN='{PinHash.Make(text)}'");
            return Shell.Good;
        });
        return command;
    }

    private static ValueTask AuditAsync(Session session, Settings settings, string operation, long id, ApiKey? before) =>
        CommandDatabase.AuditAsync(session, settings, operation, KeyFeature.ChangeOf(id, before));

    private static void CheckName(System.CommandLine.Parsing.OptionResult given, string option)
    {
        if (given.Tokens is [{ Value: var name }] && PrintableText.ProblemOfName(name) is { } problem)
        {
            given.AddError($"{option} {problem}.");
        }
    }

    private static string[] Names(string scopes) => scopes.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
