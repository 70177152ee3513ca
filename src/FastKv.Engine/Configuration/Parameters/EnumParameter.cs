using System.Text;

namespace FastKv.Engine.Configuration.Parameters;

/// <summary>
/// A parameter that takes one of several names, or (bit flags) any combination of them. Names that mean the same value may repeat it:
/// the first is the one shown.
/// </summary>
internal sealed class EnumParameter(
    string name, (string Name, int Value)[] choices, int byDefault, FieldRef<int>? field, ConfigFlags flags, Func<int, string?>? validate)
    : ConfigParameter(name, alias: null, flags, field is not null)
{
    private bool IsBitFlags => (Flags & ConfigFlags.MultiArgument) != 0;

    internal override void Initialize(ServerOptions options) => Value(options) = byDefault;

    internal override SetOutcome Set(ServerOptions options, ReadOnlySpan<string> words, ConfigSource source, out string? error)
    {
        error = TryParse(words, out int parsed) ? validate?.Invoke(parsed) : ChoicesError();
        if (error is not null)
            return SetOutcome.Rejected;
        ref int value = ref Value(options);
        if (value == parsed)
            return SetOutcome.Unchanged;
        value = parsed;
        return SetOutcome.Changed;
    }

    internal override string Get(ServerOptions options)
    {
        int value = Value(options);
        foreach ((string choice, int meaning) in choices)
        {
            if (meaning == value)
                return choice;
        }
        var names = new StringBuilder();
        foreach ((string choice, int meaning) in choices)
        {
            if (meaning != 0 && (value & meaning) == meaning)
                names.Append(names.Length == 0 ? "" : " ").Append(choice);
        }
        return names.ToString();
    }

    internal override void Rewrite(ServerOptions options, ConfigRewriter rewriter)
        => rewriter.Put(Name, $"{Name} {Get(options)}", force: Value(options) != byDefault);

    private bool TryParse(ReadOnlySpan<string> words, out int value)
    {
        value = 0;
        if (words.Length > 1 && !IsBitFlags)
            return false;
        foreach (string word in words)
        {
            int at = Array.FindIndex(choices, choice => choice.Name.Equals(word, StringComparison.OrdinalIgnoreCase));
            if (at < 0)
                return false;
            value |= choices[at].Value;
        }
        return words.Length > 0;
    }

    private string ChoicesError()
        => "argument(s) must be one of the following: " + string.Join(", ", Array.ConvertAll(choices, choice => choice.Name));

    private ref int Value(ServerOptions options)
    {
        if (field is not null)
            return ref field(options);
        return ref options.StoredChoices[Index];
    }
}
