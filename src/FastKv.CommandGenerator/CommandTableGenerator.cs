using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace FastKv.CommandGenerator;

/// <summary>
/// Collects the command declarations of the engine and writes the command table; wrong declarations become compiler errors (<see cref="Rules"/>).
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class CommandTableGenerator : IIncrementalGenerator
{
    private const string CommandAttribute = "FastKv.Engine.Commands.CommandAttribute";
    private const string ContainerAttribute = "FastKv.Engine.Commands.CommandContainerAttribute";

    /// <inheritdoc />
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var commands = context.SyntaxProvider.ForAttributeWithMetadataName(
            CommandAttribute,
            static (node, _) => node is MethodDeclarationSyntax,
            static (match, _) => ModelReader.ReadMethod((IMethodSymbol)match.TargetSymbol, match.Attributes)).SelectMany(static (models, _) => models);
        var containers = context.SyntaxProvider.ForAttributeWithMetadataName(
            ContainerAttribute,
            static (node, _) => node is TypeDeclarationSyntax,
            static (match, _) => ModelReader.ReadContainer((INamedTypeSymbol)match.TargetSymbol, match.Attributes)).SelectMany(static (models, _) => models);
        context.RegisterSourceOutput(commands.Collect().Combine(containers.Collect()), static (output, pair) => Write(output, pair.Left.AddRange(pair.Right)));
    }

    private static void Write(SourceProductionContext output, ImmutableArray<CommandModel> models)
    {
        foreach (var model in models)
        {
            foreach (var finding in model.Findings)
                output.ReportDiagnostic(Diagnostic.Create(finding.Rule, model.Place.Location, finding.Argument));
        }

        // The table is written even when a declaration is wrong, so that the errors shown are the declaration's and not those of a missing table.
        var byName = new Dictionary<string, CommandModel>();
        foreach (var model in models)
        {
            if (byName.ContainsKey(model.Name))
                output.ReportDiagnostic(Diagnostic.Create(Rules.Duplicate, model.Place.Location, model.Name));
            else
                byName.Add(model.Name, model);
        }
        foreach (var model in byName.Values.ToArray())
        {
            if (model.ParentName is not { } parent || byName.ContainsKey(parent) || !Facts.IsName(model.Name))
                continue;
            output.ReportDiagnostic(Diagnostic.Create(Rules.NoParent, model.Place.Location, model.Name));
            byName.Remove(model.Name);
        }
        var usable = byName.Values.Where(m => Facts.IsName(m.Name) && !m.Findings.Any(f => f.Rule == Rules.Signature || f.Rule == Rules.BadName));
        var names = new HashSet<string>(usable.Select(m => m.Name));
        string source = new TableEmitter(usable.Where(m => m.ParentName is not { } parent || names.Contains(parent))).Emit();
        output.AddSource("CommandTable.g.cs", SourceText.From(source, Encoding.UTF8));
    }
}
