using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using FastKv.Engine.Commands.Server;
using Microsoft.CodeAnalysis;

namespace FastKv.CommandGenerator;

/// <summary>Turns the attributes of a method or class into command models, and derives what Redis derives: categories, key ranges, flags.</summary>
internal static class ModelReader
{
    private const string KeySpecAttribute = "FastKv.Engine.Commands.KeySpecAttribute";
    private const string Context = "FastKv.Engine.Commands.CommandContext";

    public static ImmutableArray<CommandModel> ReadMethod(IMethodSymbol method, ImmutableArray<AttributeData> attributes)
    {
        bool isHandler = IsHandler(method);
        string handler = method.ContainingType.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat) + "." + method.Name;
        return [.. attributes.Select(attribute =>
        {
            var model = Read(attribute, method, out var given);
            model.Handler = handler;
            var findings = new List<Finding>();
            if (!isHandler)
                findings.Add(new Finding(Rules.Signature, model.Name));
            CheckCommand(model, given, method, findings);
            model.Findings = [.. findings];
            return model.Seal();
        })];
    }

    public static ImmutableArray<CommandModel> ReadContainer(INamedTypeSymbol type, ImmutableArray<AttributeData> attributes) =>
        [.. attributes.Select(attribute =>
        {
            var model = Read(attribute, type, out var given);
            model.IsContainer = true;
            model.Arity = given.Contains("Arity") ? model.Arity : -2;
            model.Route = Facts.RouteConnection;
            model.KeySpecs = [];
            model.KeyStep = 0;
            if (model.Complexity.Length == 0)
                model.Complexity = "Depends on subcommand.";
            var findings = new List<Finding>();
            CheckCommon(model, given, ["Group"], findings);
            model.Categories = Facts.Categories(model);
            model.Findings = [.. findings];
            return model.Seal();
        })];

    private static CommandModel Read(AttributeData attribute, ISymbol symbol, out HashSet<string> given)
    {
        var values = attribute.NamedArguments.ToDictionary(pair => pair.Key, pair => pair.Value);
        given = [.. values.Keys];
        int Number(string name, int otherwise) =>
            values.TryGetValue(name, out var value) && value.Value is not null ? System.Convert.ToInt32(value.Value) : otherwise;
        string Text(string name) => values.TryGetValue(name, out var value) ? value.Value as string ?? "" : "";
        ImmutableArray<string> Lines(string name) =>
            values.TryGetValue(name, out var value) && !value.IsNull ? [.. value.Values.Select(v => v.Value as string ?? "")] : [];
        return new CommandModel
        {
            Name = attribute.ConstructorArguments.Length == 1 ? attribute.ConstructorArguments[0].Value as string ?? "" : "",
            Arity = Number("Arity", 0),
            Flags = Number("Flags", 0),
            Group = Number("Group", 0),
            Route = Number("Route", Facts.RouteKeys),
            Merge = Number("Merge", 0),
            FirstKey = Number("FirstKey", 0),
            LastKey = Number("LastKey", 0),
            KeyStep = Number("KeyStep", 1),
            Categories = Number("Categories", 0),
            KeySpecs = [new KeySpecModel { Access = Number("Access", 0) }],
            Since = Text("Since"),
            Summary = Text("Summary"),
            Complexity = Text("Complexity"),
            Syntax = Text("Syntax"),
            DeprecatedSince = Text("DeprecatedSince"),
            ReplacedBy = Text("ReplacedBy"),
            Differs = Text("Differs"),
            History = Lines("History"),
            Tips = Lines("Tips"),
            KeyFinder = values.TryGetValue("KeyFinder", out var finder) && finder.Value is ITypeSymbol type
                ? type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)
                : "",
            SystemCommand = values.TryGetValue("SystemCommand", out var system) && system.Value is true,
            Place = Place.Of(attribute.ApplicationSyntaxReference, symbol),
        };
    }

    private static void CheckCommand(CommandModel model, HashSet<string> given, IMethodSymbol method, List<Finding> findings)
    {
        CheckCommon(model, given, ["Arity", "Group", "Complexity"], findings);
        if ((model.Flags & Facts.Write) != 0 && (model.Flags & Facts.ReadOnly) != 0)
            findings.Add(new Finding(Rules.WriteAndReadOnly, model.Name));

        int access = model.KeySpecs[0].Access != 0 ? model.KeySpecs[0].Access : Facts.DefaultAccess(model.Flags);
        var specAttributes = method.GetAttributes().Where(a => a.AttributeClass?.ToDisplayString() == KeySpecAttribute);
        ImmutableArray<KeySpecModel> specs = [.. specAttributes.Select(ReadKeySpec)];
        if (!specs.IsEmpty && model.FirstKey != 0)
            findings.Add(new Finding(Rules.TwoKeyDescriptions, model.Name));
        if (specs.IsEmpty && model.FirstKey == 0 && model.Route == Facts.RouteKeys)
            findings.Add(new Finding(Rules.NoKeys, model.Name));
        if (!specs.IsEmpty)
        {
            model.KeySpecs = specs;
            Facts.DeriveRange(model);
        }
        else if (model.FirstKey != 0)
        {
            int lastKey = model.LastKey >= 0 ? System.Math.Max(model.LastKey, model.FirstKey) - model.FirstKey : model.LastKey;
            model.LastKey = model.LastKey >= 0 ? model.FirstKey + lastKey : model.LastKey;
            model.KeySpecs = [new KeySpecModel { Access = access, Index = model.FirstKey, LastKey = lastKey, KeyStep = model.KeyStep }];
        }
        else
        {
            model.KeySpecs = [];
        }
        if (model.FirstKey == 0)
            model.KeyStep = model.LastKey = 0;
        model.Categories = Facts.Categories(model);

        try
        {
            _ = SyntaxNotation.Parse(model.Syntax);
        }
        catch (SyntaxNotationException e)
        {
            findings.Add(new Finding(Rules.BadSyntax, $"{model.Name}: {e.Message}"));
        }
    }

    private static void CheckCommon(CommandModel model, HashSet<string> given, string[] required, List<Finding> findings)
    {
        if (!Facts.IsName(model.Name))
            findings.Add(new Finding(Rules.BadName, model.Name));
        foreach (string property in required)
        {
            if (!given.Contains(property) || (property == "Arity" && model.Arity == 0) || (property == "Complexity" && model.Complexity.Length == 0))
                findings.Add(new Finding(Rules.Missing, $"{model.Name}: {property}"));
        }
        if (model.Since.Length == 0)
            findings.Add(new Finding(Rules.Missing, $"{model.Name}: Since"));
        if (model.Summary.Length == 0)
            findings.Add(new Finding(Rules.Missing, $"{model.Name}: Summary"));
    }

    private static KeySpecModel ReadKeySpec(AttributeData attribute)
    {
        var spec = new KeySpecModel();
        foreach (var pair in attribute.NamedArguments)
        {
            int number = pair.Value.Value is int value ? value : 0;
            switch (pair.Key)
            {
                case "Access": spec.Access = number; break;
                case "Index": spec.Index = number; break;
                case "StartFrom": spec.StartFrom = number; break;
                case "LastKey": spec.LastKey = number; break;
                case "KeyStep": spec.KeyStep = number; break;
                case "Limit": spec.Limit = number; break;
                case "CountIndex": spec.CountIndex = number; break;
                case "FirstKeyAfterCount": spec.FirstKeyAfterCount = number; break;
                case "Keyword": spec.Keyword = pair.Value.Value as string ?? ""; break;
                case "Notes": spec.Notes = pair.Value.Value as string ?? ""; break;
            }
        }
        return spec;
    }

    private static bool IsHandler(IMethodSymbol method)
    {
        if (!method.IsStatic || !method.ReturnsVoid || method.IsGenericMethod || method.IsAsync || method.Parameters.Length != 1)
            return false;
        var parameter = method.Parameters[0];
        if (parameter.RefKind != RefKind.Ref || parameter.Type.ToDisplayString() != Context)
            return false;
        if (method.DeclaredAccessibility is Accessibility.Private or Accessibility.Protected)
            return false;
        for (var type = method.ContainingType; type is not null; type = type.ContainingType)
        {
            if (type.DeclaredAccessibility is Accessibility.Private or Accessibility.Protected || type.IsGenericType)
                return false;
        }
        return true;
    }
}
