import type { components } from "./schema";

type Schemas = components["schemas"];

export type Truth = Schemas["Truth"];
export type Prediction = Schemas["Prediction"];
export type ConePoint = Schemas["ConePoint"];
export type Quantile = Schemas["Quantile"];
export type Chance = Schemas["Chance"];
export type Explanation = Schemas["Explanation"];
export type Contribution = Schemas["Contribution"];
export type MarketData = Schemas["MarketData"];
export type Ghost = Schemas["Ghost"];
export type Ghosts = Schemas["Ghosts"];
export type Scores = Schemas["Scores"];
export type Scorecard = Schemas["Scorecard"];
export type Health = Schemas["Health"];
export type Failure = Schemas["Failure"];
export type Risk = Schemas["Risk"];
export type Holding = Schemas["Holding"];
export type Level = Schemas["Level"];
export type ProfileBin = Schemas["ProfileBin"];
export type Line = Schemas["Line"];
export type Candles = Schemas["Candles"];

export type Resolution = MarketData["resolution"];
export type Engine = Prediction["cone_engine"];
export type Grade = Prediction["confidence"];
export type Regime = Prediction["regime"];
