// One row of the configuration table (control plane). Values travel as Latin-1 text: one char is one byte, so passwords and paths
// survive whatever their encoding is. See ConfigText for paths.
namespace FastKv.Engine.Configuration;

/// <summary>Finds the field of <see cref="ServerOptions"/> that holds a parameter's value.</summary>
internal delegate ref T FieldRef<T>(ServerOptions options);

/// <summary>A configuration parameter: its name, how a text becomes its value, and how its value is shown and rewritten.</summary>
public abstract class ConfigParameter
{
    private protected ConfigParameter(string name, string? alias, ConfigFlags flags, bool hasEffect)
    {
        Name = name;
        Alias = alias;
        Flags = flags;
        HasEffect = hasEffect && (flags & ConfigFlags.Pending) == 0;
    }

    /// <summary>The name, lower case.</summary>
    public string Name { get; }

    /// <summary>A former name that still works, or null.</summary>
    public string? Alias { get; }

    /// <summary>What may be done with it.</summary>
    public ConfigFlags Flags { get; }

    /// <summary>False for a parameter of a part that is not built yet: it is kept and shown, and nobody reads it.</summary>
    public bool HasEffect { get; }

    /// <summary>The row number; the place of its value in <see cref="ServerOptions"/> when no field holds it.</summary>
    internal int Index { get; set; }

    /// <summary>Puts the default in place.</summary>
    internal abstract void Initialize(ServerOptions options);

    /// <summary>Parses, validates and stores a value; <paramref name="error"/> is Redis's sentence when it is rejected.</summary>
    internal abstract SetOutcome Set(ServerOptions options, ReadOnlySpan<string> words, ConfigSource source, out string? error);

    /// <summary>The value as CONFIG GET shows it.</summary>
    internal abstract string Get(ServerOptions options);

    /// <summary>Offers the parameter's line or lines to a file that is being rewritten.</summary>
    internal abstract void Rewrite(ServerOptions options, ConfigRewriter rewriter);
}
