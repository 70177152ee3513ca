using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace FastKv.CommandGenerator;

/// <summary>One key specification of a command, as its attribute says it.</summary>
internal sealed class KeySpecModel
{
    public int Access, Index, StartFrom, LastKey, KeyStep = 1, Limit, CountIndex = -1, FirstKeyAfterCount;
    public string Keyword = "", Notes = "";

    public bool IsRange => CountIndex < 0 && (Index != 0 || Keyword.Length > 0);
    public bool IsIndexed => Index != 0 && Keyword.Length == 0;
}

/// <summary>
/// One command, subcommand or container as declared. Compared by <see cref="_identity"/>, so that the incremental pipeline
/// emits again only when a declaration has changed.
/// </summary>
internal sealed class CommandModel : IEquatable<CommandModel>
{
    public string Name = "", Handler = "", KeyFinder = "";
    public bool IsContainer;
    public int Arity, Flags, Group, Route, Merge, FirstKey, LastKey, KeyStep, Categories;
    public bool KeysBySpec;
    public ImmutableArray<KeySpecModel> KeySpecs = [];
    public string Since = "", Summary = "", Complexity = "", Syntax = "", DeprecatedSince = "", ReplacedBy = "", Differs = "";
    public ImmutableArray<string> History = [], Tips = [];
    public bool SystemCommand;
    public ImmutableArray<Finding> Findings = [];
    public Place Place;

    private string _identity = "";

    public string? ParentName => Name.IndexOf('|') is var bar and > 0 ? Name.Substring(0, bar) : null;

    /// <summary>To be called once all fields are set.</summary>
    public CommandModel Seal()
    {
        var parts = new List<string>
        {
            Name, Handler, KeyFinder, IsContainer.ToString(), Arity.ToString(), Flags.ToString(), Group.ToString(), Route.ToString(), Merge.ToString(),
            FirstKey.ToString(), LastKey.ToString(), KeyStep.ToString(), Categories.ToString(), KeysBySpec.ToString(), Since, Summary, Complexity,
            Syntax, DeprecatedSince, ReplacedBy, Differs, SystemCommand.ToString(), Place.ToString(),
        };
        parts.AddRange(History);
        parts.Add("");
        parts.AddRange(Tips);
        parts.AddRange(KeySpecs.Select(s =>
            string.Join(",", s.Access, s.Index, s.StartFrom, s.LastKey, s.KeyStep, s.Limit, s.CountIndex, s.FirstKeyAfterCount, s.Keyword, s.Notes)));
        parts.AddRange(Findings.Select(f => f.Rule.Id + f.Argument));
        _identity = string.Join("\n", parts);
        return this;
    }

    public bool Equals(CommandModel? other) => other is not null && _identity == other._identity;
    public override bool Equals(object? obj) => Equals(obj as CommandModel);
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(_identity);
}

/// <summary>A source position without a reference into the compilation.</summary>
internal readonly struct Place(string file, TextSpan span, LinePositionSpan lines)
{
    public static Place Of(SyntaxReference? reference, ISymbol symbol)
    {
        var location = reference is null ? symbol.Locations.FirstOrDefault() : Microsoft.CodeAnalysis.Location.Create(reference.SyntaxTree, reference.Span);
        if (location?.SourceTree is null)
            return default;
        return new Place(location.SourceTree.FilePath, location.SourceSpan, location.GetLineSpan().Span);
    }

    private readonly string _file = file;
    private readonly TextSpan _span = span;
    private readonly LinePositionSpan _lines = lines;

    public Location Location => _file is null ? Location.None : Location.Create(_file, _span, _lines);
    public override string ToString() => _file + _span;
}

/// <summary>Something wrong with one declaration.</summary>
internal sealed class Finding(DiagnosticDescriptor rule, string argument)
{
    public DiagnosticDescriptor Rule { get; } = rule;
    public string Argument { get; } = argument;
}
